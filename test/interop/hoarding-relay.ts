import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import type { NostrEvent } from '@mcp-nostr/core';
import type { Filter } from '@mcp-nostr/transport';
import { type WebSocket, WebSocketServer } from 'ws';

import { Recorder } from '../helpers/recorder.ts';

/** A relay that keeps ephemeral events like any other, and hands all of them out to whoever asks, as some in use do. */
export class HoardingRelay {
  readonly url: string;
  readonly #server: WebSocketServer;
  readonly #events: NostrEvent[] = [];
  /** Keys for which somebody has asked since it was cut. */
  readonly #readers = new Recorder<string>('a subscription');
  readonly #subscriptions: Map<WebSocket, Map<string, Filter[]>> = new Map();

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      this.#subscriptions.set(socket, new Map());
      socket.on('message', (data) => this.#take(socket, (data as Buffer).toString('utf8')));
      socket.on('close', () => this.#subscriptions.delete(socket));
    });
  }

  static async open(): Promise<HoardingRelay> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    return new HoardingRelay(server);
  }

  /** What it has kept. */
  get events(): readonly NostrEvent[] {
    return this.#events;
  }

  /** Ends all connections without a goodbye; resolves when all are back, who are handed everything again. */
  async cut(): Promise<void> {
    const gone = new Set(this.#readers.items.splice(0));
    for (const socket of this.#server.clients) socket.terminate();
    await Promise.all([...gone].map((pubkey) => this.#readers.first((each) => each === pubkey)));
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #take(socket: WebSocket, text: string): void {
    const [verb, second, ...rest] = JSON.parse(text) as [string, unknown, ...unknown[]];
    const id = String(second);
    if (verb === 'EVENT') this.#keep(socket, second as NostrEvent);
    else if (verb === 'CLOSE') this.#subscriptions.get(socket)?.delete(id);
    else if (verb === 'REQ') {
      const filters = rest as Filter[];
      this.#subscriptions.get(socket)?.set(id, filters);
      for (const event of this.#events) if (matches(event, filters)) say(socket, ['EVENT', id, event]);
      say(socket, ['EOSE', id]);
      for (const filter of filters) for (const pubkey of filter['#p'] ?? []) this.#readers.add(pubkey);
    }
  }

  #keep(from: WebSocket, event: NostrEvent): void {
    say(from, ['OK', event.id, true, '']);
    if (this.#events.some(({ id }) => id === event.id)) return;
    this.#events.push(event);
    for (const [socket, subscriptions] of this.#subscriptions)
      for (const [id, filters] of subscriptions)
        if (matches(event, filters)) say(socket, ['EVENT', id, event]);
  }
}

function say(socket: WebSocket, message: unknown[]): void {
  socket.send(JSON.stringify(message));
}

function matches(event: NostrEvent, filters: readonly Filter[]): boolean {
  return filters.some((filter) => {
    const { ids, kinds, authors, since = 0, limit } = filter;
    const tagged = Object.entries(filter).filter(([name]) => name.startsWith('#'));
    return (
      limit !== 0 &&
      event.created_at >= since &&
      (ids?.includes(event.id) ?? true) &&
      (kinds?.includes(event.kind) ?? true) &&
      (authors?.includes(event.pubkey) ?? true) &&
      tagged.every(([name, values]) =>
        event.tags.some(([tag, value]) => `#${tag}` === name && (values as string[]).includes(value ?? '')),
      )
    );
  });
}
