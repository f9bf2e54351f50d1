import {
  generateSecretKey,
  getPublicKey,
  isRecord,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  MESSAGE_KIND,
  type NostrEvent,
  parseJsonRpc,
  randomHex,
  secretKeySigner,
  signEvent,
  tagValue,
  unwrapEvent,
} from '@mcp-nostr/core';
import type { Form } from '@mcp-nostr/transport';
import { onTestFinished } from 'vitest';

import { CarelessRelay } from './careless-relay.ts';
import { dressAs } from './bare-client.ts';
import { Recorder } from './recorder.ts';

/** A request, or another message, as it came. */
export interface Heard {
  /** The inner event. */
  readonly event: NostrEvent;
  readonly kind: number;
  readonly message: JsonRpcMessage;
}

/** What to say, other than an honest server. */
export interface Saying {
  form?: Form;
  /** The event that it belongs to; null for none. @default that of the request */
  requestEvent?: string | null;
  tags?: string[][];
  /** In seconds; below 0 it is of the future. */
  age?: number;
  secretKey?: Uint8Array;
}

/** What becomes of a request; undefined: nothing is answered. */
export type Reply = { result: Record<string, unknown> } | { error: Record<string, unknown> } | undefined;

const ABILITIES = [['support_encryption'], ['support_encryption_ephemeral']];

/**
 * A server as ContextVM has them, by hand, at a relay that checks nothing: it knows no link, reads whatever has a JSON-RPC
 * message in it, and answers as a test wants.
 */
export class BareServer {
  readonly heard = new Recorder<Heard>('a message to a bare server');
  /** Answers requests that are no `initialize` and no `ping`. */
  onrequest: (request: JsonRpcRequest, heard: Heard) => Reply | Promise<Reply> = () => ({ result: {} });
  readonly #secretKey = generateSecretKey();
  readonly pubkey: string = getPublicKey(this.#secretKey);
  readonly #signer = secretKeySigner(this.#secretKey);
  readonly #relay: CarelessRelay;
  readonly #seen: Set<string> = new Set();

  private constructor(relay: CarelessRelay) {
    this.#relay = relay;
    relay.treat((event) => {
      if (tagValue(event, 'p') === this.pubkey) this.#take(event).catch(() => {}); // not for it after all
      return [0];
    });
  }

  /** One that ends with the test. */
  static async open(): Promise<BareServer> {
    const relay = await CarelessRelay.open();
    onTestFinished(() => relay.close());
    return new BareServer(relay);
  }

  get url(): string {
    return this.#relay.url;
  }

  /** Requests of a method, each event once. */
  requests(method: string): Heard[] {
    return this.heard.items.filter(({ message }) => 'method' in message && message.method === method);
  }

  /** Says something to the author of a message. */
  say(heard: Heard, message: Record<string, unknown>, saying: Saying = {}): NostrEvent {
    const { form = 'ephemeral', requestEvent = heard.event.id, tags = [], age = 0 } = saying;
    const client = heard.event.pubkey;
    const about = requestEvent === null ? [] : [['e', requestEvent]];
    const template = {
      kind: MESSAGE_KIND,
      created_at: Math.floor(Date.now() / 1_000) - age,
      tags: [['p', client], ...about, ...tags, ['salt', randomHex(8)]],
      content: JSON.stringify({ jsonrpc: '2.0', ...message }),
    };
    const event = signEvent(template, saying.secretKey ?? this.#secretKey);
    this.#relay.inject(dressAs(form, event, client), client);
    return event;
  }

  async #take(outer: NostrEvent): Promise<void> {
    const event = outer.kind === MESSAGE_KIND ? outer : await unwrapEvent(outer, this.#signer);
    if (event.content === '' || this.#seen.has(event.id)) return;
    this.#seen.add(event.id);
    const value: unknown = JSON.parse(event.content);
    if (!isRecord(value)) return;
    const message = parseJsonRpc(value);
    const heard = { event, kind: outer.kind, message };
    this.heard.add(heard);
    if (!isRequest(message)) return;
    const reply = await this.#reply(message, heard);
    const tags = message.method === 'initialize' ? ABILITIES : [];
    if (reply !== undefined) this.say(heard, { id: message.id, ...reply }, { tags });
  }

  #reply(request: JsonRpcRequest, heard: Heard): Reply | Promise<Reply> {
    if (request.method === 'ping') return { result: {} };
    if (request.method !== 'initialize') return this.onrequest(request, heard);
    const serverInfo = { name: 'bare', version: '1' };
    return { result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo } };
  }
}
