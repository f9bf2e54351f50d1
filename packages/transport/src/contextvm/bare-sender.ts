import { limits as wire } from '@mcp-nostr/core';
import { tokenText, type TransferFrame } from '@mcp-nostr/core/contextvm';

import type { Endpoint } from '../endpoint.ts';
import { TransportError } from '../errors.ts';
import { checkMessageSize } from '../link/message.ts';
import { BareLine } from './bare-line.ts';
import type { BareOutgoing } from './bare-outgoing.ts';
import { chunkBytes, eventBytes } from './bare-size.ts';
import { bareLimits } from './limits.ts';
import { pause, withdrawn } from './pause.ts';
import { sendTransfer } from './transfer-sending.ts';

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

/** A message in parts that is under way. */
interface Transfer {
  readonly pending: Pending;
  readonly accept: (() => void) | undefined;
  /** Resolves when it is over; never rejects. */
  readonly over: Promise<void>;
}

/**
 * Sends messages without a link to one peer (WIRE.md, section 13): one event each, or several frames where it is too
 * large, in the order in which they were given.
 */
export class BareSender {
  readonly #options: BareSenderOptions;
  readonly #line: BareLine;
  readonly #pending: Set<Pending> = new Set();
  /** By token. */
  readonly #transfers: Map<string, Transfer> = new Map();
  #queuedBytes = 0;
  #isClosed = false;

  constructor(options: BareSenderOptions) {
    this.#options = options;
    this.#line = new BareLine(options.endpoint, options.peer);
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
      const pending: Pending = { message, aborter: new AbortController(), reject };
      const abort = (): void => this.#drop(pending, withdrawn());
      message.signal?.addEventListener('abort', abort);
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

  /** The peer is ready for a transfer of ours. */
  accepted(token: string): void {
    this.#transfers.get(token)?.accept?.();
  }

  /** The peer does not want the rest of a transfer of ours. */
  refused(token: string, reason: string = 'it did not say why'): void {
    const transfer = this.#transfers.get(token);
    const text = `the peer does not take the message: ${reason}`;
    if (transfer !== undefined) this.#drop(transfer.pending, new TransportError('message_too_large', text));
  }

  /** Takes back what has not left; its promise rejects with `closed`. */
  withdraw(matches: (message: BareOutgoing) => boolean): void {
    for (const pending of this.#pending) if (matches(pending.message)) this.#drop(pending, withdrawn());
  }

  /** What has not left by now never will. */
  close(): void {
    this.#isClosed = true;
    for (const pending of this.#pending) this.#drop(pending, closed());
  }

  #checkRoom({ text }: BareOutgoing): void {
    if (this.#isClosed) throw closed();
    const { maxQueuedBytes, maxQueuedMessages } = bareLimits;
    if (this.#pending.size >= maxQueuedMessages)
      throw new TransportError('busy', `more than ${maxQueuedMessages} messages wait to be sent`);
    if (this.#queuedBytes + text.length > maxQueuedBytes)
      throw new TransportError('busy', `more than ${maxQueuedBytes} bytes wait to be sent`);
  }

  async #carry(pending: Pending): Promise<void> {
    const { message, aborter } = pending;
    const token = tokenText(message.token);
    let ahead = this.#ahead(message, token);
    for (; ahead !== undefined; ahead = this.#ahead(message, token)) await ahead;
    if (this.#fits(message)) return this.#line.send(message, aborter.signal);
    if (token !== undefined && this.#options.takesOversized() !== false)
      return this.#transfer(pending, token);
    return this.#sendWhole(message, aborter.signal);
  }

  /** It cannot travel in parts. What most relays take is tried: one may not have said yet how much it takes. */
  async #sendWhole(message: BareOutgoing, signal: AbortSignal): Promise<void> {
    if (message.text.length > wire.defaultFrameBytes) throw this.#tooLarge(message);
    if (eventBytes(message) > wire.defaultFrameBytes) throw this.#tooLarge(message);
    try {
      await this.#line.send(message, signal);
    } catch (error) {
      const isRefused = error instanceof TransportError && error.code === 'relays_unreachable';
      throw isRefused ? this.#tooLarge(message, error) : error;
    }
  }

  /** What has to be over first: nothing for a request overtakes what was sent for it before. */
  #ahead({ requestEvent }: BareOutgoing, token: string | undefined): Promise<void> | undefined {
    for (const [each, { pending, over }] of this.#transfers) {
      if (each === token) return over;
      if (requestEvent !== undefined && pending.message.requestEvent === requestEvent) return over;
    }
    return undefined;
  }

  #fits(message: BareOutgoing): boolean {
    const maxBytes = this.#maxEventBytes;
    // Only what can fit is scanned.
    return message.text.length <= maxBytes && eventBytes(message) <= maxBytes;
  }

  get #maxEventBytes(): number {
    return Math.min(this.#options.endpoint.frameBytes, wire.maxPlaintextBytes);
  }

  #tooLarge(message: BareOutgoing, cause?: unknown): TransportError {
    const [bytes, maxBytes] = [eventBytes(message), this.#maxEventBytes];
    return new TransportError(
      'message_too_large',
      `the message makes an event of ${bytes} bytes and the relays take ${maxBytes}; only what belongs to a request with a progress token can go in parts`,
      { cause, data: { bytes, maxBytes } },
    );
  }

  async #transfer(pending: Pending, token: string): Promise<void> {
    const { message, aborter } = pending;
    checkMessageSize(message.text);
    let accept: (() => void) | undefined;
    const accepted = new Promise<void>((resolve) => {
      accept = resolve;
    });
    const mustWait = this.#options.takesOversized() === undefined;
    const sending = sendTransfer({
      text: message.text,
      token,
      maxChunkBytes: chunkBytes(message, token, this.#maxEventBytes),
      accepted: mustWait ? () => pause(bareLimits.acceptTimeoutMs, aborter.signal, accepted) : undefined,
      send: (text, frameType) => this.#sendFrame(pending, text, frameType),
      onerror: (error) => {
        if (!this.#isClosed) this.#options.onerror(error);
      },
    });
    const over = sending.catch(() => {}).finally(() => this.#transfers.delete(token));
    this.#transfers.set(token, { pending, accept, over });
    return sending;
  }

  #sendFrame(
    { message, aborter }: Pending,
    text: string,
    frameType: TransferFrame['frameType'],
  ): Promise<void> {
    const { tags, onsigned, ...rest } = message;
    return this.#line.send(
      {
        ...rest,
        text,
        isPart: true,
        // Frames are known by their number, so a copy does no harm.
        isRepeatable: true,
        tags: frameType === 'start' ? tags : [],
        onsigned: frameType === 'end' ? onsigned : undefined,
      },
      frameType === 'abort' ? this.#parting() : aborter.signal,
    );
  }

  /** For what is said of a message that was given up. */
  #parting(): AbortSignal {
    return this.#isClosed ? AbortSignal.abort() : AbortSignal.timeout(bareLimits.acceptTimeoutMs);
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

function closed(): TransportError {
  return new TransportError('closed', 'the connection is closed');
}
