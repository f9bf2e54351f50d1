import type { NostrEvent, NumberRange } from '@mcp-nostr/core';

import type { TransportError } from '../errors.ts';
import { linkLimits } from './limits.ts';
import type { OutgoingMessage } from './message.ts';
import { type Content, Outbox } from './outbox.ts';
import { RoundTrip } from './round-trip.ts';
import type { Fate } from './traffic.ts';
import { type SentFrame, Unacknowledged } from './unacknowledged.ts';
import { SendWindow } from './window.ts';

/** What goes to the peer: numbered, under a window, kept until it is acknowledged and sent again until then. */
export class Outbound {
  readonly roundTrip: RoundTrip = new RoundTrip();
  readonly window: SendWindow = new SendWindow();
  readonly #outbox = new Outbox();
  readonly #sent = new Unacknowledged();
  #nextSequence = 0;
  #again: SentFrame[] = [];

  /** Numbers below this were given to frames. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Characters that wait to be sent. */
  get queuedBytes(): number {
    return this.#outbox.bytes;
  }

  get isQueueEmpty(): boolean {
    return this.#outbox.isEmpty;
  }

  /** The peer has not acknowledged everything that was sent. */
  get isUnacknowledged(): boolean {
    return this.#sent.size > 0;
  }

  /** It has acknowledged anything. */
  get isConfirmed(): boolean {
    return this.#sent.acknowledged > 0;
  }

  get mustRepeat(): boolean {
    return this.#again.length > 0;
  }

  /** Something waits, and the window has room for it. */
  get canSend(): boolean {
    const { size, bytes } = this.#sent;
    return !this.isQueueEmpty && size < linkLimits.windowFrames && bytes < this.window.bytes;
  }

  /** When the first frame that the peer lacks should have been acknowledged. */
  get overdueAt(): number {
    const { oldest } = this.#sent;
    return oldest === undefined ? Infinity : oldest.sentAt + oldest.patienceMs + this.roundTrip.timeoutMs;
  }

  add(message: OutgoingMessage): void {
    this.#outbox.add(message);
  }

  withdraw(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
    return this.#outbox.remove(matches);
  }

  /** The opening: frame 0, always the same. */
  opening(maxBytes: number, takesAny: boolean, now: number): SentFrame {
    return this.#sent.get(0) ?? this.number(this.#outbox.opening(maxBytes, takesAny), now);
  }

  /** The next frame that was not sent yet, as far as the window allows. */
  next(maxBytes: number, now: number): SentFrame | undefined {
    const content = this.canSend ? this.#outbox.next(maxBytes) : undefined;
    return content === undefined ? undefined : this.number(content, now);
  }

  /** The next frame that is to be sent again. */
  nextRepeat(): SentFrame | undefined {
    for (let frame = this.#again.shift(); frame !== undefined; frame = this.#again.shift())
      if (this.isMissing(frame) && frame.event !== undefined) return frame;
    return undefined;
  }

  /** The peer is not known to have it. */
  isMissing(sent: SentFrame): boolean {
    return this.#sent.get(sent.sequence) === sent && !sent.isHeld;
  }

  number(content: Content, now: number): SentFrame {
    const { requestAckDelayMs, ackDelayMs } = linkLimits;
    const sent: SentFrame = {
      sequence: this.#nextSequence++,
      content,
      patienceMs: content.hasRequest ? requestAckDelayMs : ackDelayMs,
      event: undefined,
      sentAt: now,
      attempts: 0,
      inVain: 0,
      losses: 0,
      isHeld: false,
    };
    this.#sent.add(sent);
    return sent;
  }

  signed(sent: SentFrame, event: NostrEvent, now: number): void {
    sent.event = event;
    sent.sentAt = now;
    sent.attempts++;
  }

  /**
   * It has never left: its number is free again, and its messages have failed, but for those that must arrive. Returns
   * whether there are such.
   */
  unsigned({ sequence, content, attempts }: SentFrame, error: TransportError): boolean {
    if (attempts > 0) return false;
    this.#sent.delete(sequence);
    this.#nextSequence--;
    const { messages, isWhole, part } = content;
    if (!isWhole) this.#outbox.remove((message) => messages.includes(message));
    else if (part !== undefined) this.#outbox.abortLater(part.message);
    const kept = messages.filter(({ sort, mustArrive }) => sort === 'response' || mustArrive === true);
    for (const message of messages) if (!kept.includes(message)) message.onsettled?.(error);
    if (kept.length === 0) return false;
    this.#outbox.putBack(kept);
    return true;
  }

  /** Returns whether the peer got something that it was not known to have. */
  acknowledge(acknowledged: number, held: readonly NumberRange[], now: number): boolean {
    const confirmed = this.#sent.acknowledge(acknowledged, held);
    for (const { content, attempts, sentAt } of confirmed) {
      this.window.arrived(content.bytes);
      if (attempts === 1) this.roundTrip.sample(now - sentAt);
      settle(content);
    }
    return confirmed.length > 0;
  }

  /** The peer has shown what it lacks: the first of it goes out again, unless it is still on its way. */
  repeatMissing(now: number, below?: number): void {
    this.#repeat(this.#sent.missing(now - this.roundTrip.meanMs, linkLimits.resendBytes, below));
  }

  /** The peer is silent: the first of what it may lack goes out again. */
  repeatFirst(): void {
    this.#repeat(this.#sent.missing(Infinity, linkLimits.probeBytes));
  }

  taken(sent: SentFrame): void {
    // What has passed a relay is not what breaks the way.
    sent.losses = 0;
    settle(sent.content);
  }

  /** The way broke under it. Returns whether it did so again and again, under a frame that no relay takes. */
  lost(sent: SentFrame): boolean {
    if (this.#sent.get(sent.sequence) !== sent || sent.content.bytes <= linkLimits.harmlessContentBytes)
      return false;
    return ++sent.losses >= linkLimits.maxFrameLosses;
  }

  /** A relay is busy: kept, and sent again when it has had its pause. */
  congested(sent: SentFrame | undefined, now: number): void {
    this.window.congested(now);
    if (sent !== undefined && this.#sent.get(sent.sequence) === sent) this.#repeat([sent]);
  }

  /** What the peer is not known to have, in the order in which it was sent. */
  undelivered(): Map<OutgoingMessage, Fate> {
    const fates = new Map<OutgoingMessage, Fate>();
    for (const { content, attempts, inVain } of this.#sent.frames) {
      if (!content.isWhole) continue;
      for (const message of content.messages) fates.set(message, attempts > inVain ? 'unknown' : 'untaken');
    }
    for (const message of this.#outbox.remove(() => true)) fates.set(message, 'unsent');
    return fates;
  }

  #repeat(frames: SentFrame[]): void {
    for (const frame of frames) if (!this.#again.includes(frame)) this.#again.push(frame);
  }
}

function settle({ isWhole, messages }: Content): void {
  if (isWhole) for (const { onsettled } of messages) onsettled?.();
}
