import {
  EPHEMERAL_GIFT_WRAP_KIND,
  limits,
  MESSAGE_KIND,
  type NostrEvent,
  randomHex,
  type Signer,
  wrapEvent,
} from '@mcp-nostr/core';

import { RelayRefusal, RelayTalk } from './relay-talk.ts';
import { within } from '../within.ts';

export interface RelayPairOptions {
  url: string;
  reader: RelayTalk;
  writer: RelayTalk;
  signer: Signer;
  pubkey: string;
  /** For each answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

export interface WantedEvent {
  isWrapped?: boolean;
  ageSeconds?: number;
  /** The least that the relay gets for it. */
  messageBytes?: number;
}

/** What became of an event: delivered to the other connection, or the relay's words or a reason why not. */
export type Passage = { isDelivered: true; durationMs: number } | { isDelivered: false; reason: string };

/** An event that was taken has this long to come out again: relays that forward do so at once. */
const DELIVERY_MS = 3_000;

/**
 * Two connections to one relay, as a client and a server have them: one listens for events to our own key, the other
 * publishes them. What the relay demands AUTH for is asked again after it, as the connections that carry MCP do.
 */
export class RelayPair {
  readonly #options: RelayPairOptions;
  readonly #awaited: Map<string, () => void> = new Map();
  #isAuthDemanded = false;

  constructor(options: RelayPairOptions) {
    this.#options = options;
    options.reader.onevent = (event) => this.#awaited.get(event.id)?.();
  }

  /** Whether the relay refused something until it knew the key. */
  get isAuthDemanded(): boolean {
    return this.#isAuthDemanded;
  }

  /** Begins to listen; resolves with the time that the answer took. @throws {RelayRefusal} @throws {TooSlow} */
  async listen(): Promise<number> {
    const { reader, pubkey } = this.#options;
    const filter = {
      kinds: [MESSAGE_KIND, EPHEMERAL_GIFT_WRAP_KIND],
      '#p': [pubkey],
      since: nowSeconds() - limits.subscriptionLookbackSeconds,
    };
    let startedAt = 0;
    await this.#authenticated(reader, () => {
      startedAt = performance.now();
      return reader.subscribe(filter);
    });
    return performance.now() - startedAt;
  }

  /** A signed message to ourselves. There is no MCP in it: what else listens with this key drops it. */
  async event(wanted: WantedEvent = {}): Promise<NostrEvent> {
    const { isWrapped = false, ageSeconds = 0, messageBytes = 0 } = wanted;
    const { signer, pubkey } = this.#options;
    const template = { kind: MESSAGE_KIND, created_at: nowSeconds() - ageSeconds, tags: [['p', pubkey]] };
    // Relays swallow an id that they know, as a second run in the same second would send it.
    const unique = randomHex(8);
    const missing = Math.max(0, messageBytes - EMPTY_MESSAGE_BYTES - unique.length);
    const event = await signer.signEvent({ ...template, content: unique + 'x'.repeat(missing) });
    return isWrapped ? wrapEvent(event, pubkey) : event;
  }

  /** Publishes on one connection and waits for it on the other. @throws when the relay does not answer any more */
  async pass(event: NostrEvent): Promise<Passage> {
    const { writer, timeoutMs, signal } = this.#options;
    const startedAt = performance.now();
    const delivered = new Promise<'delivered'>((resolve) => {
      this.#awaited.set(event.id, () => resolve('delivered'));
    });
    const published = this.#authenticated(writer, () => writer.publish(event));
    try {
      // Some relays say no OK for what they do not store.
      const first = await within(timeoutMs, signal, Promise.race([delivered, published]));
      if (first !== 'delivered') await within(Math.min(DELIVERY_MS, timeoutMs), signal, delivered);
      return { isDelivered: true, durationMs: performance.now() - startedAt };
    } catch (error) {
      if (error instanceof RelayRefusal) return { isDelivered: false, reason: error.message };
      if (!writer.isOpen) return { isDelivered: false, reason: messageOf(error) };
      return { isDelivered: false, reason: 'it was not delivered' };
    } finally {
      this.#awaited.delete(event.id);
      published.catch(() => undefined); // Its words came too late.
    }
  }

  async #authenticated<T>(talk: RelayTalk, ask: () => Promise<T>): Promise<T> {
    const { url, signer, timeoutMs, signal } = this.#options;
    try {
      return await within(timeoutMs, signal, ask());
    } catch (error) {
      if (!(error instanceof RelayRefusal) || !error.wantsAuth) throw error;
      this.#isAuthDemanded = true;
      await within(timeoutMs, signal, talk.authenticate(url, signer));
      return await within(timeoutMs, signal, ask());
    }
  }
}

/** A message of ours without content: id, keys, signature and tag as JSON, and the EVENT envelope. */
const EMPTY_MESSAGE_BYTES = 428;

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
