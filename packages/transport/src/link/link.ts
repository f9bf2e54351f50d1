import type { Frame, LinkControl, NostrEvent } from '@mcp-nostr/core';

import type { TransportError } from '../errors.ts';
import type { PublishOutcome } from '../relay-publisher.ts';
import { Drafts } from './drafts.ts';
import { Inbound } from './inbound.ts';
import type { LinkOptions } from './link-options.ts';
import type { OutgoingMessage } from './message.ts';
import { Opening } from './opening.ts';
import { Outbound } from './outbound.ts';
import { Probing } from './probing.ts';
import { Schedule } from './schedule.ts';
import type { Arrival, Fate, LinkEnd, Outgoing } from './traffic.ts';
import type { SentFrame } from './unacknowledged.ts';

/**
 * One end of a connection: a state machine without socket, timer or signature. What comes in is told to it; what is to
 * leave is asked of it with `poll()`, after each telling and at `wakeAt`.
 */
export class Link {
  readonly connection: string;
  instance: string;
  readonly #options: LinkOptions;
  readonly #inbound: Inbound;
  readonly #outbound = new Outbound();
  readonly #opening = new Opening();
  readonly #probing: Probing;
  readonly #schedule: Schedule;
  readonly #drafts: Drafts;
  /** What is being signed: a numbered frame, or another. */
  #signing: SentFrame | LinkControl | undefined;
  /** What was being signed when its messages were given up: it must not leave any more. */
  #givenUp: SentFrame | LinkControl | undefined;
  #farewell: string | undefined;
  #isOver = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.instance = options.instance;
    this.#inbound = new Inbound({ ...options, onend: (end) => this.#end(end) });
    this.#probing = new Probing(options.role, options.clock());
    this.#schedule = new Schedule(options, {
      inbound: this.#inbound,
      outbound: this.#outbound,
      opening: this.#opening,
      probing: this.#probing,
    });
    this.#drafts = new Drafts(this, options, this.#inbound, this.#outbound);
  }

  /** The peer was heard. */
  get isOpen(): boolean {
    return this.#schedule.isOpen;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Over, and everything said. */
  get isDone(): boolean {
    return this.#isOver && this.#farewell === undefined && this.#signing === undefined;
  }

  /** Whether another process than the one that refuses our opening can have taken it. */
  mayBeTaken({ link, requestEvent }: Frame): boolean {
    const isWitnessed = this.#opening.isWitnessed(link.instance, requestEvent);
    return this.instance !== '' && link.instance !== this.instance && !isWitnessed;
  }

  /** The peer has all that was sent. */
  get isQuiet(): boolean {
    return !this.#outbound.isUnacknowledged && this.#outbound.isQueueEmpty;
  }

  /** The peer has taken something: there is somebody who listens. */
  get isConfirmed(): boolean {
    return this.#outbound.isConfirmed;
  }

  /** The next number of the peer's: what lies below has been delivered. */
  get expected(): number {
    return this.#inbound.expected;
  }

  /** When the peer was heard last. */
  get heardAt(): number {
    return this.#probing.heardAt;
  }

  /** Characters that wait to be sent. */
  get queuedBytes(): number {
    return this.#outbound.queuedBytes;
  }

  /** When `poll()` has something to do if nothing happens before, by the clock. */
  get wakeAt(): number {
    if (this.#isOver || this.#signing !== undefined) return Infinity;
    return this.#schedule.wakeAt;
  }

  /** Takes a message to be sent. */
  send(message: OutgoingMessage): void {
    this.#outbound.add(message);
    if (!this.#schedule.isOpen) this.#opening.wanted(this.#options.clock());
  }

  /** Takes back what has not left whole, and returns it; of what was sent in part the peer is told. */
  withdraw(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
    const withdrawn = this.#outbound.withdraw(matches);
    if (this.#outbound.isQueueEmpty) this.#opening.unwanted();
    return withdrawn;
  }

  /** A verified frame of the peer, any but a refusal or a reset. */
  receive(frame: Frame, arrival: Arrival): void {
    if (this.#isOver) return;
    const now = this.#options.clock();
    const { sequence, acknowledged, control, held = [] } = frame.link;
    const { nextSequence, roundTrip } = this.#outbound;
    const isLie = acknowledged > nextSequence;
    if (isLie) return this.#end({ code: 'violation', reason: `${acknowledged} was never sent` });
    const isAnswer = control === 'ack' && this.#probing.unanswered > 0;
    this.#schedule.isOpen = true;
    this.#probing.heard(now, sequence !== undefined);
    if (this.#outbound.acknowledge(acknowledged, held, now)) this.#drafts.isRecovering = false;
    // The peer shows what it lacks: by asking, in answer to our question, or by a gap.
    const asks = control === 'probe' || (sequence !== undefined && this.#inbound.knows(sequence));
    if (asks || isAnswer) this.#outbound.repeatMissing(now);
    else if (held.length > 0) this.#outbound.repeatMissing(now, held.at(-1)?.[0]);
    if (asks) {
      this.#inbound.acknowledging.asked(now, roundTrip.meanMs);
      this.#drafts.isRecovering = true;
    } else if (sequence !== undefined) this.#inbound.take(sequence, frame, arrival, now);
  }

  /** What the peer says in a reset: all below this number it has, and the rest it will never take. */
  acknowledge(acknowledged: number): void {
    if (acknowledged <= this.#outbound.nextSequence)
      this.#outbound.acknowledge(acknowledged, [], this.#options.clock());
  }

  /** The set of usable relays changed; `isNew`: one became usable. */
  relaysChanged(isReachable: boolean, isNew: boolean): void {
    this.#schedule.relaysChanged(isReachable, isNew);
  }

  /** Asks the peer whether it lives. */
  probe(): void {
    this.#probing.now();
  }

  /** The opening once more: its stamp was wrong, but the server is there. */
  openAgain(): void {
    const now = this.#options.clock();
    this.#probing.heard(now, false);
    this.#opening.restamped(now);
  }

  /** The next frame that is to leave. One to be signed is followed by `signed()` or `unsigned()` before the next. */
  poll(): Outgoing | undefined {
    const now = this.#options.clock();
    if (!this.#isOver) this.#expire(now);
    if (this.#signing !== undefined) return undefined;
    const next = this.#isOver ? this.#sayBye(now) : this.#next(now);
    if (next?.frame !== undefined) this.#signing = next.sent ?? next.frame.link.control;
    return next;
  }

  /** Returns whether it may leave. */
  signed(event: NostrEvent): boolean {
    const now = this.#options.clock();
    const signing = this.#signing;
    this.#signing = undefined;
    this.#schedule.signerPause.succeeded();
    this.#schedule.probePause.succeeded();
    if (signing !== undefined && signing === this.#givenUp) return false;
    if (signing === 'probe') this.#probing.sent(now);
    else if (typeof signing === 'object') this.#outbound.signed(signing, event, now);
    if (!this.#schedule.isOpen) this.#opening.sent(now, event.id);
    return true;
  }

  /** The signer refused or failed: what was to leave has not. */
  unsigned(error: TransportError): void {
    const now = this.#options.clock();
    const signing = this.#signing;
    this.#signing = undefined;
    if (signing === 'probe') {
      this.#probing.unsent(now);
      this.#schedule.probePause.failed(now);
    }
    // Who lacks an acknowledgement asks for it; what was given up is told, or sent, by others now.
    if (typeof signing !== 'object' || signing === this.#givenUp) return;
    const isFirst = !this.#schedule.isOpen && signing.attempts === 0;
    if (this.#outbound.unsigned(signing, error)) this.#schedule.signerPause.failed(now);
    if (isFirst) this.#end({ code: 'signer', reason: error.message, cause: error });
    else if (!this.#schedule.isOpen) this.#opening.sent(now);
  }

  /** What became of one attempt. */
  published(sent: SentFrame | undefined, outcome: PublishOutcome | 'failed'): void {
    const now = this.#options.clock();
    if (outcome === 'accepted' || outcome === 'sent') {
      this.#probing.taken();
      if (sent !== undefined) this.#outbound.taken(sent);
      return;
    }
    if (outcome === 'lost') return this.#lost(sent);
    if (sent !== undefined) sent.inVain++;
    if (!this.#schedule.isOpen) this.#opening.inVain();
    if (outcome === 'congested') this.#outbound.congested(this.#probing.isResting ? undefined : sent, now);
    if (outcome === 'muted') this.#schedule.muted(now);
  }

  /** Every relay refused a frame: with a hole in the sequence nothing that follows could be delivered. */
  refused(sent: SentFrame | undefined, error: TransportError): void {
    if (sent === undefined) return;
    sent.inVain++;
    if (!this.#outbound.isMissing(sent)) return;
    this.#end({ code: 'refused', reason: error.message, cause: error });
  }

  /** Takes back what the peer is not known to have, in its order, with what can have become of it. */
  undelivered(): Map<OutgoingMessage, Fate> {
    this.#givenUp = this.#signing;
    return this.#outbound.undelivered();
  }

  /**
   * Nothing is delivered any more. With a reason the peer is told, behind what still waits to be sent, if it can know of
   * us.
   */
  close(reason?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#inbound.close();
    if (reason !== undefined && (this.#schedule.isOpen || this.#opening.isSent)) this.#farewell = reason;
  }

  #end(end: LinkEnd, farewell: string = end.code): void {
    if (this.#isOver) return;
    this.close(end.code === 'bye' ? undefined : farewell);
    this.#options.onend(end);
  }

  #tooLarge(reason: string): void {
    this.#end({ code: 'refused', reason }, `refused: ${reason}`);
  }

  /** It is sent again, unless it is what breaks the way for everybody who uses it. */
  #lost(sent: SentFrame | undefined): void {
    if (sent === undefined || !this.#outbound.lost(sent)) return;
    const { bytes } = sent.content;
    this.#tooLarge(`the relays go away over a frame of ${bytes} bytes: it may be too large for them`);
  }

  #expire(now: number): void {
    this.#inbound.expire(now);
    const failure = this.#schedule.failure(now);
    if (failure !== undefined) this.#end(failure);
  }

  #next(now: number): Outgoing | undefined {
    if (!this.#schedule.isReachable || now < this.#schedule.pausedUntil) return undefined;
    if (!this.#schedule.isOpen) return this.#open(now);
    if (this.#schedule.nextProbeAt <= now && !this.#probing.isAsking) this.#ask();
    return (
      this.#drafts.repeat(now) ?? this.#probe(now) ?? this.#sendNext(now) ?? this.#drafts.acknowledgement(now)
    );
  }

  #open(now: number): Outgoing | undefined {
    if (this.#schedule.openingAt > now) return undefined;
    this.#opening.signing();
    return this.#drafts.opening(now);
  }

  /** Repeats the first of what the peer lacks; a probe follows. */
  #ask(): void {
    this.#probing.asking();
    this.#outbound.repeatFirst();
    if (!this.#outbound.mustRepeat && !this.#inbound.hasGap) return;
    this.#drafts.isRecovering = true;
    this.#outbound.roundTrip.timedOut();
  }

  #probe(now: number): Outgoing | undefined {
    return this.#probing.isAsking ? this.#drafts.probe(now) : undefined;
  }

  #sendNext(now: number): Outgoing | undefined {
    if (!this.#drafts.isTooNarrow || this.#outbound.isQueueEmpty) return this.#drafts.next(now);
    this.#tooLarge(`the message is too large: the relays in use take ${this.#options.frameBytes()} bytes`);
    return undefined;
  }

  #sayBye(now: number): Outgoing | undefined {
    const reason = this.#farewell;
    if (reason === undefined) return undefined;
    const last = this.#schedule.isOpen ? this.#sendNext(now) : undefined;
    if (last !== undefined) return last;
    this.#farewell = undefined;
    return this.#drafts.bye(reason);
  }
}
