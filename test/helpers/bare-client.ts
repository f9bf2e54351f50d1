import {
  EPHEMERAL_GIFT_WRAP_KIND,
  generateSecretKey,
  getPublicKey,
  GIFT_WRAP_KIND,
  isRecord,
  type JsonRpcMessage,
  MESSAGE_KIND,
  type NostrEvent,
  randomHex,
  secretKeySigner,
  type Signer,
  signEvent,
  tagValue,
  unwrapEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import type { Form } from '@mcp-nostr/transport';

import { Recorder } from './recorder.ts';

/** What an event of a client says other than an honest one. */
export interface BareCraft {
  form?: Form;
  /** Beside `p`. */
  tags?: string[][];
  kind?: number;
  /** In seconds; below 0 it is of the future. */
  age?: number;
  recipient?: string;
}

/** Something that a server said. */
export interface BareAnswer {
  /** The inner event. */
  readonly event: NostrEvent;
  readonly form: Form;
  readonly requestEvent: string | undefined;
  readonly message: Record<string, unknown>;
}

export interface BareClientOptions {
  secretKey?: Uint8Array;
  /** @default 'stored', as ContextVM's clients begin */
  form?: Form;
  /** The server. */
  recipient: string;
  /** Brings an event to whoever listens for this key. */
  publish: (event: NostrEvent, recipient: string) => void;
}

const FORMS = new Map<number, Form>([
  [MESSAGE_KIND, 'plain'],
  [EPHEMERAL_GIFT_WRAP_KIND, 'ephemeral'],
  [GIFT_WRAP_KIND, 'stored'],
]);

/** The event as it travels, made by anybody: whoever wraps it need not be its author. */
export function dressAs(form: Form, event: NostrEvent, recipient: string): NostrEvent {
  if (form === 'plain') return event;
  const kind = form === 'stored' ? GIFT_WRAP_KIND : EPHEMERAL_GIFT_WRAP_KIND;
  const createdAt = Math.floor(Date.now() / 1_000);
  return wrapEvent(event, recipient, { kind, createdAt });
}

/** A client as ContextVM has them, by hand: it signs what a test wants, honest where the test says nothing. */
export class BareClient {
  readonly secretKey: Uint8Array;
  readonly pubkey: string;
  readonly signer: Signer;
  readonly answers = new Recorder<BareAnswer>('an answer to a bare client');
  readonly #options: BareClientOptions;
  #ids = 0;

  constructor(options: BareClientOptions) {
    this.#options = options;
    this.secretKey = options.secretKey ?? generateSecretKey();
    this.pubkey = getPublicKey(this.secretKey);
    this.signer = secretKeySigner(this.secretKey);
  }

  /** Signs a message, or words, and publishes nothing. */
  craft(message: JsonRpcMessage | string, craft: BareCraft = {}): NostrEvent {
    const { tags = [], kind = MESSAGE_KIND, age = 0, recipient = this.#options.recipient } = craft;
    const template = {
      kind,
      created_at: Math.floor(Date.now() / 1_000) - age,
      tags: [['p', recipient], ...tags, ['salt', randomHex(8)]],
      content: typeof message === 'string' ? message : JSON.stringify(message),
    };
    return signEvent(template, this.secretKey);
  }

  /** Signs and publishes it; gives the inner event. */
  say(message: JsonRpcMessage | string, craft: BareCraft = {}): NostrEvent {
    const event = this.craft(message, craft);
    this.publish(event, craft.form);
    return event;
  }

  /** Publishes an event, of whomever, to the server. */
  publish(event: NostrEvent, form: Form = this.#options.form ?? 'stored'): void {
    const { recipient } = this.#options;
    this.#options.publish(dressAs(form, event, recipient), recipient);
  }

  /** The answer to a request. */
  async ask(method: string, params?: Record<string, unknown>, craft: BareCraft = {}): Promise<BareAnswer> {
    const id = `r${++this.#ids}`;
    const { id: event } = this.say({ jsonrpc: '2.0', id, method, ...(params && { params }) }, craft);
    return this.answerTo(event);
  }

  answerTo(event: string): Promise<BareAnswer> {
    return this.answers.first(
      ({ requestEvent, message }) => requestEvent === event && !('method' in message),
    );
  }

  /** Does the handshake; gives the answer. */
  async initialize(craft: BareCraft = {}): Promise<BareAnswer> {
    const clientInfo = { name: 'bare', version: '0' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    const answer = await this.ask('initialize', params, craft);
    this.say({ jsonrpc: '2.0', method: 'notifications/initialized' }, craft);
    return answer;
  }

  call(name: string, args: Record<string, unknown> = {}, craft: BareCraft = {}): Promise<BareAnswer> {
    return this.ask('tools/call', { name, arguments: args }, craft);
  }

  /** What a server publishes; whatever is for somebody else is left alone. */
  async take(outer: NostrEvent): Promise<void> {
    if (tagValue(outer, 'p') !== this.pubkey || outer.pubkey === this.pubkey) return;
    const form = FORMS.get(outer.kind);
    if (form === undefined) return;
    const event = form === 'plain' ? outer : await unwrapEvent(outer, this.signer);
    const message: unknown = JSON.parse(event.content);
    if (!isRecord(message)) throw new TypeError(`not a message: ${event.content}`);
    this.answers.add({ event, form, requestEvent: tagValue(event, 'e'), message });
  }
}
