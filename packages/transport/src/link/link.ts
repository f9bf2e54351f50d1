import type { Frame, LinkControl, LinkTag, NostrEvent } from '@mcp-nostr/core';

import type { TransportError } from '../errors.ts';
import type { PublishOutcome } from '../relay-publisher.ts';
import { Inbound, type InboundOptions } from './inbound.ts';
import { linkLimits } from './limits.ts';
import type { OutgoingMessage } from './message.ts';
import { Opening } from './opening.ts';
import { emptyContent } from './outbox.ts';
import { Outbound } from './outbound.ts';
import { Probing } from './probing.ts';
import { SignerPause } from './signer-pause.ts';
import type { Arrival, Expectation, Fate, LinkEnd, Outgoing } from './traffic.ts';
import type { SentFrame } from './unacknowledged.ts';

/** `onend` comes once, and not after `close()`. */
export interface LinkOptions extends InboundOptions {
  /** 32 lower-case hex characters, drawn by the client. */
  connection: string;
  /** The server's process: its own at the server, empty at a client. */
  instance: string;
  /** The same signed event can travel again in a fresh wrap; in plain text it has to be signed anew. */
  isWrapped: boolean;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** A value that no other frame has. */
  random: () => string;
  /** Bytes of plaintext that every relay in use takes. */
  frameBytes: () => number;
  /** Asked rather than told: what is waited for ends in many ways. @default 'nothing' */
  expects?: (() => Expectation) | undefined;
}

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
  readonly #signerPause = new SignerPause();
  /** The same for probes, which keep nothing else waiting. */
  readonly #probePause = new SignerPause();
  readonly #probing: Probing;
  /** What is being signed: a numbered frame, or another. */
  #signing: SentFrame | LinkControl | undefined;
  /** What was being signed when its messages were given up: it must not leave any more. */
  #givenUp: SentFrame | LinkControl | undefined;
  #isOpen: boolean;
  #isReachable = false;
  #unreachableSince: number;
  /** Something was lost: until something arrives, everything goes to all relays. */
  #isRecovering = false;
  #farewell: string | undefined;
  #isOver = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.instance = options.instance;
    this.#inbound = new Inbound({ ...options, onend: (end) => this.#end(end) });
    this.#probing = new Probing(options.role, options.clock());
    this.#isOpen = options.role === 'server';
    this.#unreachableSince = options.clock();
  }

  /** The peer was heard. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Over, and everything said. */
  get isDone(): boolean {
    return this.#isOver && this.#farewell === undefined && this.#signing === undefined;
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
    const failsAt = Math.min(this.#failsAt(), this.#inbound.byeAt);
    if (!this.#isReachable) return failsAt;
    return Math.min(failsAt, Math.max(this.#sendsAt(), this.#pausedUntil));
  }

  /** Takes a message to be sent. */
  send(message: OutgoingMessage): void {
    this.#outbound.add(message);
    if (!this.#isOpen) this.#opening.wanted(this.#options.clock());
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
    this.#isOpen = true;
    this.#probing.heard(now, sequence !== undefined);
    if (this.#outbound.acknowledge(acknowledged, held, now)) this.#isRecovering = false;
    // The peer shows what it lacks: by asking, in answer to our question, or by a gap.
    const asks = control === 'probe' || (sequence !== undefined && this.#inbound.knows(sequence));
    if (asks || isAnswer) this.#outbound.repeatMissing(now);
    else if (held.length > 0) this.#outbound.repeatMissing(now, held.at(-1)?.[0]);
    if (asks) {
      this.#inbound.acknowledging.asked(now, roundTrip.meanMs);
      this.#isRecovering = true;
    } else if (sequence !== undefined) this.#inbound.take(sequence, frame, arrival, now);
  }

  /** What the peer says in a reset: all below this number it has, and the rest it will never take. */
  acknowledge(acknowledged: number): void {
    if (acknowledged <= this.#outbound.nextSequence)
      this.#outbound.acknowledge(acknowledged, [], this.#options.clock());
  }

  /** The set of usable relays changed; `isNew`: one became usable. */
  relaysChanged(isReachable: boolean, isNew: boolean): void {
    const now = this.#options.clock();
    if (isReachable && !this.#isReachable) this.#probing.newWay();
    if (!isReachable && this.#isReachable) this.#unreachableSince = now;
    this.#isReachable = isReachable;
    if (!isReachable || !isNew) return;
    // It has not said yet that nobody listens.
    this.#probing.taken();
    // What was sent before may have been lost with the relay.
    if (!this.#isOpen) this.#opening.again(now);
    else if (this.#isWaiting()) this.#probing.now();
  }

  /** Asks the peer whether it lives. */
  probe(): void {
    this.#probing.now();
  }

  /** The opening once more: its stamp was wrong, but the server is there. */
  openAgain(): void {
    this.#opening.restamped(this.#options.clock());
  }

  /** The next frame that is to leave. One to be signed is followed by `signed()` or `unsigned()` before the next. */
  poll(): Outgoing | undefined {
    const now = this.#options.clock();
    if (!this.#isOver) this.#expire(now);
    if (this.#signing !== undefined) return undefined;
    if (this.#isOver) return this.#sayBye(now);
    if (!this.#isReachable || now < this.#pausedUntil) return undefined;
    if (!this.#isOpen) return this.#open(now);
    if (this.#nextProbeAt() <= now && !this.#probing.isAsking) this.#ask();
    return this.#repeat(now) ?? this.#probe(now) ?? this.#sendNext(now) ?? this.#acknowledge(now);
  }

  /** Returns whether it may leave. */
  signed(event: NostrEvent): boolean {
    const now = this.#options.clock();
    const signing = this.#signing;
    this.#signing = undefined;
    this.#signerPause.succeeded();
    this.#probePause.succeeded();
    if (signing !== undefined && signing === this.#givenUp) return false;
    if (signing === 'probe') this.#probing.sent(now);
    else if (typeof signing === 'object') this.#outbound.signed(signing, event, now);
    if (!this.#isOpen) this.#opening.sent(now);
    return true;
  }

  /** The signer refused or failed: what was to leave has not. */
  unsigned(error: TransportError): void {
    const now = this.#options.clock();
    const signing = this.#signing;
    this.#signing = undefined;
    if (signing === 'probe') {
      this.#probing.unsent(now);
      this.#probePause.failed(now);
    }
    // Who lacks an acknowledgement asks for it; what was given up is told, or sent, by others now.
    if (typeof signing !== 'object' || signing === this.#givenUp) return;
    const isFirst = !this.#isOpen && signing.attempts === 0;
    if (this.#outbound.unsigned(signing, error)) this.#signerPause.failed(now);
    if (isFirst) this.#end({ code: 'signer', reason: error.message, cause: error });
    else if (!this.#isOpen) this.#opening.sent(now);
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
    if (outcome === 'congested') this.#outbound.congested(this.#probing.isResting ? undefined : sent, now);
    if (outcome !== 'muted' || !this.#isWaiting()) return;
    this.#probing.muted(now);
    if (!this.#isOpen) this.#opening.muted(now);
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
    if (reason !== undefined && (this.#isOpen || this.#opening.isSent)) this.#farewell = reason;
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

  // When something is due

  get #expects(): Expectation {
    return this.#options.expects?.() ?? 'nothing';
  }

  /** Something would be missed if the way were broken. */
  #isWaiting(): boolean {
    return this.#expects !== 'nothing' || this.#outbound.isUnacknowledged || this.#inbound.hasGap;
  }

  get #pausedUntil(): number {
    return Math.max(this.#signerPause.endsAt, this.#outbound.window.pausedUntil);
  }

  #failsAt(): number {
    if (!this.#isOpen) return Math.min(this.#opening.failsAt, this.#probing.failsAt);
    if (this.#options.role === 'server' || !this.#isWaiting()) return Infinity;
    return this.#isReachable ? this.#probing.failsAt : this.#unreachableSince + linkLimits.unreachableMs;
  }

  #openingAt(): number {
    return this.#outbound.isQueueEmpty && !this.#opening.isSent ? Infinity : this.#opening.nextAt;
  }

  #nextProbeAt(): number {
    const { overdueAt, roundTrip } = this.#outbound;
    const gapAt = this.#inbound.gapSince + roundTrip.timeoutMs;
    const nextAt = this.#probing.nextAt(Math.min(overdueAt, gapAt), this.#expects, roundTrip.timeoutMs);
    return Math.max(nextAt, this.#probePause.endsAt);
  }

  #sendsAt(): number {
    if (!this.#isOpen) return this.#openingAt();
    if (this.#probing.isAsking || this.#outbound.mustRepeat || this.#outbound.canSend) return 0;
    return Math.min(this.#inbound.acknowledging.dueAt, this.#nextProbeAt());
  }

  #expire(now: number): void {
    this.#inbound.expire(now);
    if (this.#isOpen && !this.#isWaiting()) this.#probing.reset();
    if (this.#isOver || this.#failsAt() > now) return;
    const isUnreachable = !this.#isReachable && (this.#isOpen || !this.#opening.isSent);
    if (isUnreachable) this.#end({ code: 'unreachable', reason: 'no relay can be reached' });
    else this.#end({ code: 'silent', reason: 'it does not answer' });
  }

  // What leaves

  #open(now: number): Outgoing | undefined {
    if (this.#openingAt() > now) return undefined;
    this.#opening.signing();
    return this.#number(this.#outbound.opening(this.#contentBytes(), now), true);
  }

  /** Repeats the first of what the peer lacks; a probe follows. */
  #ask(): void {
    this.#probing.asking();
    this.#outbound.repeatFirst();
    if (!this.#outbound.mustRepeat && !this.#inbound.hasGap) return;
    this.#isRecovering = true;
    this.#outbound.roundTrip.timedOut();
  }

  #repeat(now: number): Outgoing | undefined {
    const sent = this.#outbound.nextRepeat();
    if (sent?.event === undefined) return undefined;
    // In plain text a repetition must differ: relays swallow an id that they know.
    if (!this.#options.isWrapped) return this.#number(sent, true, { detail: this.#options.random() });
    this.#outbound.signed(sent, sent.event, now);
    return { from: this, event: sent.event, sent, notBefore: 0, toAll: true };
  }

  #probe(now: number): Outgoing | undefined {
    if (!this.#probing.isAsking) return undefined;
    this.#inbound.asked(now);
    return this.#control('probe', true);
  }

  #sendNext(now: number): Outgoing | undefined {
    const maxBytes = this.#contentBytes();
    if (maxBytes < linkLimits.minContentBytes && !this.#outbound.isQueueEmpty) {
      this.#tooLarge(`the message is too large: the relays in use take ${this.#options.frameBytes()} bytes`);
      return undefined;
    }
    const sent = this.#outbound.next(maxBytes, now);
    return sent && this.#number(sent, this.#isRecovering);
  }

  #acknowledge(now: number): Outgoing | undefined {
    if (this.#inbound.acknowledging.dueAt > now) return undefined;
    return this.#control('ack', this.#isRecovering);
  }

  #sayBye(now: number): Outgoing | undefined {
    const detail = this.#farewell;
    if (detail === undefined) return undefined;
    const last = this.#isOpen ? this.#sendNext(now) : undefined;
    if (last !== undefined) return last;
    this.#farewell = undefined;
    return this.#number(this.#outbound.number(emptyContent(), 0), true, { control: 'bye', detail });
  }

  #contentBytes(): number {
    return this.#options.frameBytes() - linkLimits.frameOverheadBytes;
  }

  #control(control: LinkControl, toAll: boolean): Outgoing {
    this.#signing = control;
    this.#inbound.acknowledging.carried(this.#options.clock(), true);
    return this.#draft({ control, detail: this.#options.random() }, toAll);
  }

  #number(sent: SentFrame, toAll: boolean, header: Partial<LinkTag> = {}): Outgoing {
    this.#signing = sent;
    this.#inbound.acknowledging.carried(this.#options.clock(), false);
    return this.#draft({ sequence: sent.sequence, ...header }, toAll, sent);
  }

  #draft(header: Partial<LinkTag>, toAll: boolean, sent?: SentFrame): Outgoing {
    const { connection, instance } = this;
    const { expected, hasGap, peerStamp } = this.#inbound;
    const link: LinkTag = { connection, acknowledged: expected, instance, ...header };
    if (hasGap) link.held = this.#inbound.ranges();
    const { content = '', requestEvent, relations, part } = sent?.content ?? {};
    const frame: Frame = { link, content };
    if (requestEvent !== undefined) frame.requestEvent = requestEvent;
    if (relations !== undefined) frame.relations = relations;
    if (part !== undefined) frame.part = part;
    return { from: this, frame, sent, notBefore: peerStamp, toAll };
  }
}
