import type { JsonRpcMessage, NostrEvent } from '@mcp-nostr/core';
import type { BareOutgoing, Form, IncomingBare } from '@mcp-nostr/transport';
import { UnfinishedMessages } from '@mcp-nostr/transport';
import { vi } from 'vitest';

import { BareSession } from './bare-session.ts';

const SERVER = '5'.repeat(64);

/** What has left, read. */
export interface Sent {
  readonly event: string;
  readonly message: { id?: string; method?: string; params?: Record<string, unknown> };
  readonly outgoing: BareOutgoing;
}

export interface SayOptions {
  /** The event that it answers. */
  to?: string | undefined;
  tags?: string[][];
  form?: Form;
  /** Seconds that the server's clock is ahead. */
  ahead?: number;
}

/** A session without link opposite a server that says what it is told to. Time is vitest's. */
export class BareWorld {
  /** What becomes of a message that is sent. */
  outcome: (sent: Sent) => Promise<void> = () => Promise.resolve();
  readonly sent: Sent[] = [];
  readonly delivered: JsonRpcMessage[] = [];
  readonly relations: (string | undefined)[] = [];
  readonly errors: Error[] = [];
  readonly session: BareSession;
  #events = 0;

  constructor(first: SayOptions = {}) {
    this.session = new BareSession({
      first: this.#incoming({ id: 'knock', result: {} }, { to: 'knock', ...first }),
      prefix: 'cafe',
      newSender: () => ({
        send: (outgoing) => this.#leave(outgoing),
        accepted: () => {},
        refused: () => {},
        close: () => {},
      }),
      unfinished: new UnfinishedMessages(),
      tags: () => [['support_encryption']],
      clock: () => performance.now(),
      nowSeconds: () => Math.floor(Date.now() / 1_000),
      describe: () => ({ server: 'the server', relays: 'wss://one' }),
      onmessage: (message, relation) => {
        this.delivered.push(message);
        this.relations.push(relation);
      },
      onerror: (error) => this.errors.push(error),
    });
  }

  get methods(): (string | undefined)[] {
    return this.sent.map(({ message }) => message.method);
  }

  /** The last of this method that has left. */
  last(method: string): Sent {
    const found = this.sent.findLast(({ message }) => message.method === method);
    if (found === undefined) throw new Error(`no ${method} has left`);
    return found;
  }

  async request(id: number, method: string, params?: Record<string, unknown>): Promise<Sent> {
    this.session.send({ jsonrpc: '2.0', id, method, params }, undefined);
    await vi.advanceTimersByTimeAsync(0);
    return this.last(method);
  }

  notify(method: string, params?: Record<string, unknown>): void {
    this.session.send({ jsonrpc: '2.0', method, params }, undefined);
  }

  /** The server says something, if the session takes it. */
  say(message: object, options: SayOptions = {}): void {
    const incoming = this.#incoming(message, options);
    if (this.session.accepts(incoming.message)) this.session.receive(incoming);
  }

  /** It answers this event. */
  answer(to: Sent, options: SayOptions = {}): void {
    this.say({ id: to.message.id ?? 0, result: { method: to.message.method } }, { to: to.event, ...options });
  }

  async #leave(outgoing: BareOutgoing): Promise<void> {
    const event = `event-${this.#events++}`;
    const sent = { event, message: JSON.parse(outgoing.text), outgoing };
    this.sent.push(sent);
    outgoing.onsigned?.({ id: event } as NostrEvent);
    await this.outcome(sent);
  }

  #incoming(message: object, { to, tags = [], form = 'ephemeral', ahead = 0 }: SayOptions): IncomingBare {
    const content = 'raw' in message ? String(message.raw) : JSON.stringify({ jsonrpc: '2.0', ...message });
    const event: NostrEvent = {
      id: `said-${this.#events++}`,
      pubkey: SERVER,
      created_at: Math.floor(Date.now() / 1_000) + ahead,
      kind: 25_910,
      tags: [],
      content,
      sig: '',
    };
    return { event, message: { requestEvent: to, tags, content }, bytes: 512, form, relay: 'wss://one' };
  }
}
