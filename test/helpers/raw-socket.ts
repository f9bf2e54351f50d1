import { once } from 'node:events';

import type { NostrEvent } from '@mcp-nostr/core';
import type { Filter } from '@mcp-nostr/transport';
import WebSocket from 'ws';

import { Recorder } from './recorder.ts';

/** What a relay said to one event. */
export interface Ok {
  accepted: boolean;
  reason: string;
}

/** A socket to a relay with nothing of ours in between: it watches, and publishes what it is told to. */
export class RawSocket {
  /** The events of its subscriptions. */
  readonly events = new Recorder<NostrEvent>('an event on the relay');
  /** What was no JSON. */
  readonly broken = new Recorder<string>('a message that is broken off');
  readonly closed: Promise<void>;
  readonly #messages = new Recorder<unknown[]>('a message of the relay');
  readonly #socket: WebSocket;
  #subscriptions = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve());
    });
    socket.on('error', () => {}); // `close` follows
    socket.on('message', (data) => {
      const text = (data as Buffer).toString('utf8');
      const message = parse(text);
      if (message === undefined) return this.broken.add(text);
      this.#messages.add(message);
      if (message[0] === 'EVENT') this.events.add(message[2] as NostrEvent);
    });
  }

  static async open(url: string): Promise<RawSocket> {
    const socket = new WebSocket(url);
    const raw = new RawSocket(socket);
    await once(socket, 'open');
    return raw;
  }

  /** Resolves when the subscription is live. */
  async watch(filter: Filter): Promise<void> {
    const id = `watch${this.#subscriptions++}`;
    const live = this.#messages.next(([type, subscription]) => type === 'EOSE' && subscription === id);
    this.#socket.send(JSON.stringify(['REQ', id, filter]));
    await live;
  }

  /** Publishes and waits for nothing. */
  say(event: NostrEvent): void {
    this.#socket.send(JSON.stringify(['EVENT', event]));
  }

  /** The ids of the events to which the relay has said something, in the order in which it did. */
  get answered(): unknown[] {
    return this.#messages.items.flatMap(([type, id]) => (type === 'OK' ? [id] : []));
  }

  async publish(event: NostrEvent): Promise<Ok> {
    const answer = this.#messages.next(([type, id]) => type === 'OK' && id === event.id);
    this.say(event);
    const [, , accepted, reason] = await answer;
    return { accepted: accepted === true, reason: String(reason) };
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close();
    await this.closed;
  }
}

function parse(text: string): unknown[] | undefined {
  try {
    return JSON.parse(text) as unknown[];
  } catch {
    return undefined;
  }
}
