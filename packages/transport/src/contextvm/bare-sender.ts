import { escapedBytes, limits as wire, type NostrEvent, randomHex, utf8Bytes } from '@mcp-nostr/core';
import type { BareMessage } from '@mcp-nostr/core/contextvm';

import type { Endpoint } from '../endpoint.ts';
import { asSignerError, TransportError } from '../errors.ts';
import type { BareOutgoing } from './bare-outgoing.ts';
import { bareLimits } from './limits.ts';
import { offer } from './offer.ts';
import { withdrawn } from './pause.ts';

export interface BareSenderOptions {
  endpoint: Endpoint;
  /** The other side's public key. */
  peer: string;
  /** Whether the peer takes messages in parts (CEP-22); undefined while that is not known. */
  takesOversized: () => boolean | undefined;
  /** What went wrong with an event that nobody waits for. */
  onerror: (error: unknown) => void;
}

interface Pending {
  readonly message: BareOutgoing;
  readonly aborter: AbortController;
  readonly reject: (error: TransportError) => void;
}

/**
 * Sends messages without a link to one peer (WIRE.md, section 13): one event each, signed one after the other, on their
 * way in the order in which they were given.
 */
export class BareSender {
  readonly #options: BareSenderOptions;
  readonly #pending: Set<Pending> = new Set();
  #queuedBytes = 0;
  /** The last signature that was asked for. */
  #signing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: BareSenderOptions) {
    this.#options = options;
  }

  /** Characters of messages that no relay has taken yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * Resolves when a relay has the message; what a peer without a link makes of it nobody can know.
   * @throws {TransportError} `relays_unreachable`, `message_too_large`, `signer_failed`, `busy`, `closed`
   */
  send(message: BareOutgoing): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#checkRoom(message);
      const aborter = new AbortController();
      const pending: Pending = { message, aborter, reject };
      const abort = (): void => this.#drop(pending, withdrawn());
      message.signal?.addEventListener('abort', abort, { once: true });
      this.#pending.add(pending);
      this.#queuedBytes += message.text.length;
      void this.#carry(pending)
        .then(resolve, reject)
        .finally(() => {
          message.signal?.removeEventListener('abort', abort);
          this.#forget(pending);
        });
      if (message.signal?.aborted === true) abort();
    });
  }

  /** Takes back what has not left; its promise rejects with `closed`. */
  withdraw(matches: (message: BareOutgoing) => boolean): void {
    for (const pending of this.#pending) if (matches(pending.message)) this.#drop(pending, withdrawn());
  }

  /** What has not left by now never will. */
  close(): void {
    this.#isClosed = true;
    for (const pending of this.#pending)
      this.#drop(pending, new TransportError('closed', 'the connection is closed'));
  }

  #checkRoom({ text }: BareOutgoing): void {
    if (this.#isClosed) throw new TransportError('closed', 'the connection is closed');
    const { maxQueuedBytes, maxQueuedMessages } = bareLimits;
    if (this.#pending.size >= maxQueuedMessages)
      throw new TransportError('busy', `more than ${maxQueuedMessages} messages wait to be sent`);
    if (this.#queuedBytes + text.length > maxQueuedBytes)
      throw new TransportError('busy', `more than ${maxQueuedBytes} bytes wait to be sent`);
  }

  async #carry({ message, aborter: { signal } }: Pending): Promise<void> {
    const bare = this.#bare(message);
    this.#checkSize(bare);
    const { offered } = await this.#leave(bare, message, signal);
    await offered;
  }

  /** Signs in turn; by then the event is on its way, and what becomes of it is `offered`. */
  #leave(bare: BareMessage, message: BareOutgoing, signal: AbortSignal): Promise<{ offered: Promise<void> }> {
    return this.#inTurn(async () => {
      const event = await this.#sign(bare, message.notBefore, signal);
      message.onsigned?.(event);
      const { endpoint, peer } = this.#options;
      return { offered: offer(event, { ...message, endpoint, peer, signal }) };
    });
  }

  /** What fails, or is withdrawn, holds up nothing behind it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#signing.then(work, work);
    this.#signing = turn;
    return turn;
  }

  async #sign(bare: BareMessage, notBefore = 0, signal: AbortSignal): Promise<NostrEvent> {
    if (signal.aborted) throw withdrawn();
    const { endpoint, peer } = this.#options;
    const createdAt = Math.max(endpoint.nowSeconds(), notBefore);
    const event = await endpoint.signBare(bare, peer, createdAt).catch((error: unknown) => {
      throw asSignerError(error);
    });
    if (signal.aborted) throw withdrawn();
    return event;
  }

  /** Two equal messages of one second would be one event, and the second of them be dropped, or answered once. */
  #bare({ text, requestEvent, tags = [] }: BareOutgoing): BareMessage {
    return { requestEvent, tags: [...tags, ['salt', randomHex(8)]], content: text };
  }

  #checkSize(bare: BareMessage): void {
    const bytes = eventBytes(bare);
    const maxBytes = Math.min(this.#options.endpoint.frameBytes, wire.maxPlaintextBytes);
    if (bytes <= maxBytes) return;
    throw new TransportError(
      'message_too_large',
      `the message makes an event of ${bytes} bytes; at most ${maxBytes} can be sent at once`,
      { data: { bytes, maxBytes } },
    );
  }

  #drop(pending: Pending, error: TransportError): void {
    pending.aborter.abort();
    pending.reject(error);
    this.#forget(pending);
  }

  #forget(pending: Pending): void {
    if (this.#pending.delete(pending)) this.#queuedBytes -= pending.message.text.length;
  }
}

/** Bytes of the event as JSON, nearly. */
function eventBytes({ requestEvent = '', tags, content }: BareMessage): number {
  const tagBytes = utf8Bytes(JSON.stringify(tags)) + requestEvent.length + 64;
  return bareLimits.eventOverheadBytes + tagBytes + escapedBytes(content);
}
