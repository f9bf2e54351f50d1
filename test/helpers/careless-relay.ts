import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { NostrEvent } from '@mcp-nostr/core';
import { type WebSocket, WebSocketServer } from 'ws';

/** What such a relay does with an event: for each number it is passed on once, after so many milliseconds. */
export type Treatment = (event: NostrEvent) => readonly number[];

/**
 * A relay that verifies nothing and matches nothing but the `p` tag: it passes on what it is given, to whom it should
 * not, never, late or several times. Not for clients that expect manners.
 */
export class CarelessRelay {
  readonly url: string;
  readonly #http: Server;
  readonly #server: WebSocketServer;
  /** Sockets with their subscription and the key in its `#p`. */
  readonly #readers: Map<WebSocket, { id: string; pubkey: string }> = new Map();
  readonly #timers: Set<NodeJS.Timeout> = new Set();
  #treatment: Treatment;

  private constructor(http: Server, treatment: Treatment) {
    const server = new WebSocketServer({ server: http });
    this.#http = http;
    this.#server = server;
    this.#treatment = treatment;
    this.url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      socket.on('message', (data) => this.#take(socket, (data as Buffer).toString('utf8')));
      socket.on('close', () => this.#readers.delete(socket));
    });
  }

  /** By default every event is passed on once and at once. */
  static async open(treatment: Treatment = () => [0]): Promise<CarelessRelay> {
    const http = createServer((_request, response) => response.writeHead(426).end());
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new CarelessRelay(http, treatment);
  }

  treat(treatment: Treatment): void {
    this.#treatment = treatment;
  }

  /** Hands an event to whoever listens for this key, whatever the event says. */
  inject(event: NostrEvent, pubkey: string): void {
    for (const [socket, reader] of this.#readers) {
      if (reader.pubkey === pubkey) socket.send(JSON.stringify(['EVENT', reader.id, event]));
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    const closed = once(this.#http, 'close');
    this.#http.close();
    // A client's fetch of the relay's information document would keep its connection for seconds.
    this.#http.closeAllConnections();
    await closed;
  }

  #take(socket: WebSocket, text: string): void {
    const [type, second, third] = JSON.parse(text) as [string, unknown, unknown];
    if (type === 'REQ') {
      // Who asks for something else, a relay list for instance, is told that there is nothing.
      const [pubkey] = (third as { '#p'?: string[] })['#p'] ?? [];
      if (pubkey !== undefined) this.#readers.set(socket, { id: String(second), pubkey });
      socket.send(JSON.stringify(['EOSE', second]));
    } else if (type === 'EVENT') {
      const event = second as NostrEvent;
      socket.send(JSON.stringify(['OK', event.id, true, '']));
      const recipient = event.tags.find(([name]) => name === 'p')?.[1] ?? '';
      for (const delayMs of this.#treatment(event)) {
        if (delayMs === 0) {
          this.inject(event, recipient);
          continue;
        }
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          this.inject(event, recipient);
        }, delayMs);
        this.#timers.add(timer);
      }
    }
  }
}
