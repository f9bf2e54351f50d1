import { DecodeError } from '@mcp-nostr/core';
import { formatTransferFrame, TransferAssembly, type TransferFrame } from '@mcp-nostr/core/contextvm';

import { TransportError } from '../errors.ts';
import { linkLimits } from '../link/limits.ts';
import type { Unfinished, UnfinishedCount } from '../link/unfinished.ts';
import type { IncomingBare } from '../receiver.ts';
import type { BareSender } from './bare-sender.ts';
import { bareLimits } from './limits.ts';

export interface TransfersOptions {
  /** Told what the peer says of our own transfers. */
  sender: Pick<BareSender, 'accepted' | 'refused'>;
  /** Where they count together with those of other peers. */
  unfinished: UnfinishedCount;
  /**
   * Whether the peer can know already that we take transfers. If not it waits for an `accept` and gets it at once; of
   * those that know, some wait all the same and get it when nothing follows. Undefined: nobody waits.
   */
  isKnownToTake?: (() => boolean) | undefined;
  /** Each is an answer that we wait for: our own requests bound how many there are, and `unfinished` what they hold. */
  isAskedFor?: boolean | undefined;
  /** Sends the text of a frame in answer to a frame of the peer. */
  reply: (text: string, to: IncomingBare) => void;
  /** A transfer will not be had whole; its peer is told. */
  onfailed: (error: Error, token: string) => void;
}

/** A message that was put together, and the event that stands for it: that of its last frame. */
export interface TransferredMessage {
  text: string;
  incoming: IncomingBare;
}

interface Transfer extends Unfinished {
  readonly assembly: TransferAssembly;
  readonly first: IncomingBare;
  readonly endsAt: number;
  idleAt: number;
  end: IncomingBare | undefined;
  /** Asks for the frames if none follows. */
  acceptTimer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The large messages of one peer (CEP-22), by token. Each peer has its own: whatever others send with the same token
 * touches nothing here. All is bounded by what has really come.
 */
export class Transfers {
  readonly #options: TransfersOptions;
  readonly #transfers: Map<string, Transfer> = new Map();
  /** Until when the rest of a failed one is to be thrown away, by token. */
  readonly #failed: Map<string, number> = new Map();
  #refusals = { count: 0, until: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** What those hold that are not finished. */
  get bytes(): number {
    let bytes = 0;
    for (const { assembly } of this.#transfers.values()) bytes += assembly.heldBytes;
    return bytes;
  }

  get size(): number {
    return this.#transfers.size;
  }

  /** Takes a frame of the peer; the message, with the frame that makes it whole. */
  take(frame: TransferFrame, incoming: IncomingBare): TransferredMessage | undefined {
    const { token, frameType } = frame;
    const { sender } = this.#options;
    if (this.#isClosed) return undefined;
    if (frameType === 'accept') sender.accepted(token);
    else if (frameType === 'abort') {
      sender.refused(token, frame.reason);
      this.#drop(token);
    } else return this.#add(frame, incoming);
    return undefined;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const token of this.#transfers.keys()) this.#drop(token);
    this.#failed.clear();
  }

  #add(frame: TransferFrame, incoming: IncomingBare): TransferredMessage | undefined {
    const { token, frameType } = frame;
    if (frameType === 'start') this.#startAnew(token);
    else if ((this.#failed.get(token) ?? 0) > performance.now()) return undefined;
    const transfer = this.#transfers.get(token) ?? this.#begin(token, incoming);
    if (transfer === undefined) return undefined;
    const before = transfer.assembly.heldBytes;
    try {
      const text = transfer.assembly.add(frame);
      if (frameType === 'end') transfer.end = incoming;
      if (text !== undefined) return this.#finish(token, transfer, text);
    } catch (error) {
      this.#fail(token, error);
      return undefined;
    }
    transfer.idleAt = performance.now() + bareLimits.transferIdleMs;
    this.#accept(frame, transfer, incoming);
    this.#count(token, transfer, transfer.assembly.heldBytes - before);
    return undefined;
  }

  /** A token that is used again: nothing more comes for what it stood for. */
  #startAnew(token: string): void {
    this.#failed.delete(token);
    if (this.#transfers.get(token)?.assembly.isStarted === true) this.#drop(token);
  }

  #begin(token: string, first: IncomingBare): Transfer | undefined {
    const { maxTransfers, transferTimeoutMs, transferIdleMs } = bareLimits;
    if (this.#options.isAskedFor !== true && this.#transfers.size >= maxTransfers) {
      this.#reject(token, first, busy(`${maxTransfers} others are not finished`));
      return undefined;
    }
    const now = performance.now();
    const transfer: Transfer = {
      assembly: new TransferAssembly(linkLimits.maxMessageBytes),
      first,
      endsAt: now + transferTimeoutMs,
      idleAt: now + transferIdleMs,
      end: undefined,
      acceptTimer: undefined,
      bytes: 0,
      giveUp: () => this.#fail(token, busy('too many large messages are under way; try again later')),
    };
    this.#transfers.set(token, transfer);
    this.#arm();
    return transfer;
  }

  #finish(token: string, { first, end = first }: Transfer, text: string): TransferredMessage {
    this.#drop(token);
    return { text, incoming: end };
  }

  #count(token: string, transfer: Transfer, bytes: number): void {
    if (this.#options.isAskedFor !== true && this.bytes > bareLimits.maxTransferBytes)
      this.#fail(token, busy(`more than ${bareLimits.maxTransferBytes} bytes are not finished`));
    else this.#options.unfinished.grow(transfer, bytes);
  }

  #accept({ token, frameType }: TransferFrame, transfer: Transfer, incoming: IncomingBare): void {
    clearTimeout(transfer.acceptTimer);
    const { isKnownToTake, reply } = this.#options;
    if (frameType !== 'start' || isKnownToTake === undefined) return;
    const text = JSON.stringify(formatTransferFrame({ token, progress: 2, frameType: 'accept' }));
    if (isKnownToTake())
      transfer.acceptTimer = setTimeout(() => reply(text, incoming), bareLimits.acceptAfterMs);
    else reply(text, incoming);
  }

  #fail(token: string, error: unknown): void {
    const transfer = this.#transfers.get(token);
    if (transfer === undefined) return;
    this.#drop(token);
    this.#reject(token, transfer.first, error instanceof Error ? error : new Error(String(error)));
  }

  /** What else comes of it is thrown away. Its sender is told, but is not answered without end. */
  #reject(token: string, to: IncomingBare, error: Error): void {
    const now = performance.now();
    const { maxFailedTransfers, transferIdleMs } = bareLimits;
    const [oldest] = this.#failed.keys();
    if (oldest !== undefined && this.#failed.size >= maxFailedTransfers) this.#failed.delete(oldest);
    this.#failed.set(token, now + transferIdleMs);
    if (now >= this.#refusals.until) this.#refusals = { count: 0, until: now + transferIdleMs };
    if (++this.#refusals.count <= maxFailedTransfers) {
      const reason = error instanceof DecodeError || error instanceof TransportError ? error.code : 'error';
      const abort = formatTransferFrame({ token, progress: 2, frameType: 'abort', reason });
      this.#options.reply(JSON.stringify(abort), to);
    }
    this.#options.onfailed(error, token);
  }

  #drop(token: string): void {
    const transfer = this.#transfers.get(token);
    if (transfer === undefined) return;
    clearTimeout(transfer.acceptTimer);
    this.#transfers.delete(token);
    this.#options.unfinished.remove(transfer);
    if (this.#transfers.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Looks for those that have come to a standstill, as long as there are any. */
  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      for (const [token, { endsAt, idleAt }] of this.#transfers)
        if (now >= Math.min(endsAt, idleAt))
          this.#fail(token, new Error('oversized transfer failed: its frames have stopped coming'));
      if (this.#transfers.size > 0) this.#arm();
    }, bareLimits.transferIdleMs / 4);
  }
}

function busy(reason: string): TransportError {
  return new TransportError('busy', `oversized transfer refused: ${reason}`);
}
