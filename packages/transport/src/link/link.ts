import type { Frame, LinkControl, LinkTag, NostrEvent } from '@mcp-nostr/core';

import { TransportError } from '../errors.ts';
import type { PublishOutcome } from '../relay-publisher.ts';
import { Acknowledging } from './acknowledging.ts';
import { linkLimits } from './limits.ts';
import type { OutgoingMessage } from './message.ts';
import { Opening } from './opening.ts';
import { type Content, emptyContent, Outbox } from './outbox.ts';
import { LinkViolation, type LostMessage, Parts } from './parts.ts';
import { type LinkRole, Probing } from './probing.ts';
import { RoundTrip } from './round-trip.ts';
import { Sequence } from './sequence.ts';
import { type SentFrame, Unacknowledged } from './unacknowledged.ts';
import type { UnfinishedMessages } from './unfinished.ts';
import { SendWindow } from './window.ts';

export interface LinkOptions {
  role: LinkRole;
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
  unfinished: UnfinishedMessages;
  /** A message, in its order. Returns whether it will be answered. */
  onmessage: (message: ReceivedMessage) => boolean;
  /** A large message of the peer that will not be had whole. */
  onlost: (message: LostMessage) => void;
  /** Once. It was not `close()` that ended it. */
  onend: (end: LinkEnd) => void;
}

export interface ReceivedMessage {
  text: string;
  /** The JSON of the id of the request that it belongs to. */
  relation: string | undefined;
  /** The event that brought it, or its last part. */
  event: string;
}

export interface LinkEnd {
  /**
   * `silent`: the peer was not heard. `unreachable`: no relay was. `refused`: every relay refused a frame.
   * `violation`: the peer broke the rules. `bye`: the peer ended it. `signer`: our opening could not be signed.
   */
  code: 'silent' | 'unreachable' | 'refused' | 'violation' | 'bye' | 'signer';
  reason: string;
  cause?: unknown;
}

/** What is to leave: a frame to be signed, or a signed one once more. */
export interface Outgoing {
  readonly from: Link;
  readonly frame?: Frame;
  /** Seconds; the peer's newest time: its subscription may begin there, and relays apply `since` to live events. */
  readonly notBefore: number;
  readonly event?: NostrEvent;
  readonly sent?: SentFrame | undefined;
  /** Something may be lost on the usual way. */
  readonly toAll: boolean;
}

/** What a frame's arrival says beside the frame. */
export interface Arrival {
  /** The inner event. */
  id: string;
  createdAt: number;
  bytes: number;
}

/** Whether a message that was not acknowledged can have been executed. */
export type Fate = 'unsent' | 'untaken' | 'unknown';

interface Received extends Arrival {
  frame: Frame;
}

/**
 * One end of a connection: a state machine without socket, timer or signature. What comes in is told to it; what is to
 * leave is asked of it with `poll()`, after each telling and at `wakeAt`.
 */
export class Link {
  readonly connection: string;
  instance: string;
  /** Requests that wait for the peer's answer, or subscriptions for its word. */
  expects: 'nothing' | 'answers' | 'news' = 'nothing';
  readonly #options: LinkOptions;
  readonly #outbox = new Outbox();
  readonly #sent = new Unacknowledged();
  readonly #window = new SendWindow();
  readonly #sequence: Sequence<Received> = new Sequence();
  readonly #parts: Parts;
  readonly #acknowledging = new Acknowledging();
  readonly #probing: Probing;
  readonly #roundTrip = new RoundTrip();
  readonly #opening = new Opening();
  #nextSequence = 0;
  #again: SentFrame[] = [];
  #signing: { sent: SentFrame | undefined } | undefined;
  #isOpen: boolean;
  #isReachable = false;
  #unreachableSince: number;
  #peerStamp = 0;
  #heardAt: number;
  #gapSince = Infinity;
  #quietProbes = 0;
  #probeAt = Infinity;
  /** What is missing goes out again, and a probe behind it. */
  #isAsking = false;
  /** Something was lost: until the peer is heard in order, everything goes to all relays. */
  #isRecovering = false;
  #bye: { received: Received; at: number } | undefined;
  #farewell: string | undefined;
  #isOver = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.instance = options.instance;
    this.#parts = new Parts(options.unfinished, options.onlost);
    this.#probing = new Probing(options.role);
    this.#isOpen = options.role === 'server';
    this.#heardAt = options.clock();
    this.#unreachableSince = this.#heardAt;
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
    return this.#sent.size === 0 && this.#outbox.isEmpty;
  }

  /** The next number of the peer's: what lies below has been delivered. */
  get expected(): number {
    return this.#sequence.expected;
  }

  /** When the peer was heard last. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Characters that wait to be sent. */
  get queuedBytes(): number {
    return this.#outbox.bytes;
  }

  /** When `poll()` has something to do if nothing happens before, by the clock. */
  get wakeAt(): number {
    if (this.#isOver || this.#signing !== undefined) return Infinity;
    const failsAt = Math.min(this.#failsAt(), this.#bye?.at ?? Infinity);
    if (!this.#isReachable) return failsAt;
    const { pausedUntil } = this.#window;
    const nextAt = this.#isOpen ? Math.min(this.#acknowledging.dueAt, this.#nextProbeAt()) : this.#openingAt();
    const sends = this.#isOpen && (this.#isAsking || this.#again.length > 0) ? 0 : nextAt;
    return Math.min(failsAt, Math.max(sends, pausedUntil));
  }

  /** Takes a message to be sent. */
  send(message: OutgoingMessage): void {
    this.#outbox.add(message);
    if (!this.#isOpen) this.#opening.wanted(this.#options.clock());
  }

  /** Takes back what has not left whole, and returns it; of what was sent in part the peer is told. */
  withdraw(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
    return this.#outbox.remove(matches);
  }

  /** A verified frame of the peer, any but a refusal or a reset. */
  receive(frame: Frame, arrival: Arrival): void {
    if (this.#isOver) return;
    const now = this.#options.clock();
    const { sequence, acknowledged, control, held = [] } = frame.link;
    if (acknowledged > this.#nextSequence) {
      return this.#violated(`${acknowledged} was acknowledged and ${this.#nextSequence} sent`);
    }
    const wasProbing = this.#probing.unanswered > 0;
    this.#heard(now);
    this.#confirm(acknowledged, held, now);
    // The peer shows what it lacks: by a gap, by asking, or in answer to our question.
    const asks = control === 'probe' || (sequence !== undefined && this.#sequence.knows(sequence));
    if (asks) this.#acknowledging.asked(now, this.#roundTrip.meanMs);
    if (asks || (control === 'ack' && wasProbing)) this.#resend(now - this.#roundTrip.meanMs, Infinity);
    else if (held.length > 0) this.#resend(now - this.#roundTrip.meanMs, held.at(-1)?.[0] ?? 0);
    if (asks) this.#isRecovering = true;
    if (sequence === undefined) return;
    if (!this.#sequence.knows(sequence)) this.#take(sequence, { ...arrival, frame }, now);
  }

  /** What the peer says in a reset: all below this number it has, and the rest it will never take. */
  acknowledge(acknowledged: number): void {
    if (acknowledged <= this.#nextSequence) this.#confirm(acknowledged, [], this.#options.clock());
  }

  /** A relay became usable, or none is any more. */
  relaysChanged(isReachable: boolean, isNew: boolean): void {
    const now = this.#options.clock();
    if (isReachable && !this.#isReachable) this.#probing.reset();
    if (!isReachable && this.#isReachable) this.#unreachableSince = now;
    this.#isReachable = isReachable;
    if (!isReachable || !isNew) return;
    // What was sent before may have been lost with the relay.
    if (!this.#isOpen) this.#opening.again(now);
    else if (this.#isWaiting()) this.#probeAt = now;
  }

  /** Asks the peer whether it lives, now. */
  probe(): void {
    this.#probeAt = this.#options.clock();
  }

  /** The opening once more: its stamp was wrong, but the server is there. */
  openAgain(): void {
    this.#opening.restamped(this.#options.clock());
  }

  /** The next frame that is to leave. A frame to be signed is answered by `signed()` or `unsigned()` before the next. */
  poll(): Outgoing | undefined {
    const now = this.#options.clock();
    if (!this.#isOver) this.#expire(now);
    if (this.#signing !== undefined) return undefined;
    if (this.#isOver) return this.#sayBye();
    if (!this.#isReachable || now < this.#window.pausedUntil) return undefined;
    if (!this.#isOpen) return this.#open(now);
    if (!this.#isAsking && this.#nextProbeAt() <= now) this.#ask();
    return this.#repeat(now) ?? this.#pollProbe(now) ?? this.#pollContent(now) ?? this.#pollAck(now);
  }

  signed(event: NostrEvent): void {
    const now = this.#options.clock();
    const sent = this.#signing?.sent;
    this.#signing = undefined;
    if (sent !== undefined) {
      sent.event = event;
      sent.sentAt = now;
      sent.attempts++;
    }
    if (!this.#isOpen) this.#opening.sent(now);
  }

  /** The signer refused or failed. What was to leave has not, and its number is free again. */
  unsigned(error: TransportError): void {
    const sent = this.#signing?.sent;
    this.#signing = undefined;
    if (!this.#isOpen) this.#opening.sent(this.#options.clock());
    if (sent === undefined || sent.attempts > 0) return;
    this.#sent.delete(sent.sequence);
    this.#nextSequence--;
    const { messages, isWhole } = sent.content;
    if (!isWhole) this.#outbox.remove((message) => messages.includes(message));
    if (!this.#isOpen) this.#end({ code: 'signer', reason: error.message, cause: error });
    for (const message of messages) message.onsettled?.(error);
  }

  /** What became of one attempt. */
  published(sent: SentFrame | undefined, outcome: PublishOutcome | 'failed'): void {
    const now = this.#options.clock();
    if (outcome === 'accepted' || outcome === 'sent') {
      this.#probing.taken();
      if (sent?.content.isWhole === true) for (const { onsettled } of sent.content.messages) onsettled?.();
      return;
    }
    if (sent !== undefined) sent.inVain++;
    if (outcome === 'congested') {
      this.#window.congested(now);
      if (sent !== undefined && this.#sent.get(sent.sequence) === sent) this.#again.push(sent);
    } else if (outcome === 'muted' && this.#isWaiting()) {
      this.#probing.muted(now);
      if (!this.#isOpen) this.#opening.muted(now);
    }
  }

  /** Every relay refused a frame: with a hole in the sequence nothing that follows could be delivered. */
  refused(sent: SentFrame | undefined, error: TransportError): void {
    if (sent !== undefined) sent.inVain++;
    if (sent !== undefined) this.#end({ code: 'refused', reason: error.message, cause: error });
  }

  /** What the peer is not known to have, with what can have become of it. */
  undelivered(): Map<OutgoingMessage, Fate> {
    const fates = new Map<OutgoingMessage, Fate>();
    for (const { content, attempts, inVain } of this.#sent.frames) {
      if (!content.isWhole) continue;
      for (const message of content.messages) fates.set(message, attempts > inVain ? 'unknown' : 'untaken');
    }
    for (const message of this.#outbox.remove(() => true)) fates.set(message, 'unsent');
    return fates;
  }

  /** Nothing is delivered any more. With a reason the peer is told, as the next frame, if it can know of us. */
  close(reason?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.close();
    if (reason !== undefined && (this.#isOpen || this.#opening.isSent)) this.#farewell = reason;
  }

  #end(end: LinkEnd): void {
    if (this.#isOver) return;
    this.close(end.code === 'bye' ? undefined : 'gone');
    this.#options.onend(end);
  }

  #violated(reason: string): void {
    this.#end({ code: 'violation', reason });
  }

  #heard(now: number): void {
    this.#heardAt = now;
    this.#isOpen = true;
    this.#probing.reset();
  }

  #confirm(acknowledged: number, held: NonNullable<LinkTag['held']>, now: number): void {
    const confirmed = this.#sent.acknowledge(acknowledged, held);
    for (const { content, attempts, sentAt } of confirmed) {
      this.#window.arrived(content.bytes);
      if (attempts === 1) this.#roundTrip.sample(now - sentAt);
      if (content.isWhole) for (const { onsettled } of content.messages) onsettled?.();
    }
    if (confirmed.length > 0) this.#isRecovering = false;
  }

  #resend(sentBefore: number, below: number): void {
    for (const frame of this.#sent.missing(sentBefore, linkLimits.resendBytes, below))
      if (!this.#again.includes(frame)) this.#again.push(frame);
  }

  #take(sequence: number, received: Received, now: number): void {
    this.#peerStamp = Math.max(this.#peerStamp, received.createdAt);
    this.#quietProbes = 0;
    if (received.frame.link.control === 'bye') this.#bye = { received, at: now + linkLimits.byeGraceMs };
    let delayMs: number = linkLimits.requestAckDelayMs;
    for (const each of this.#sequence.push(sequence, received, received.bytes)) {
      if (!this.#deliver(each)) delayMs = linkLimits.ackDelayMs;
      if (this.#isOver) return;
    }
    if (this.#options.role === 'server' && sequence === 0) delayMs = linkLimits.openingAckMs;
    if (!this.#sequence.hasGap) this.#gapSince = Infinity;
    else if (this.#gapSince === Infinity) this.#gapSince = now;
    this.#acknowledging.received(now, received.bytes, delayMs);
  }

  /** Returns whether an answer will follow. */
  #deliver({ frame, id }: Received): boolean {
    const { link, content, part, relations = [] } = frame;
    if (link.control === 'bye') {
      this.#end({ code: 'bye', reason: link.detail ?? '' });
      return false;
    }
    if (part === undefined) {
      let isAnswered = false;
      for (const [index, text] of (content === '' ? [] : content.split('\n')).entries()) {
        const relation = relations[index];
        const message = { text, relation: relation === '' ? undefined : relation, event: id };
        if (this.#options.onmessage(message)) isAnswered = true;
        if (this.#isOver) break;
      }
      return isAnswered;
    }
    try {
      const text = this.#parts.add(part, content, relations[0]);
      return text !== undefined && this.#options.onmessage({ text, relation: relations[0], event: id });
    } catch (error) {
      if (!(error instanceof LinkViolation)) throw error;
      this.#violated(error.message);
      return false;
    }
  }

  // When

  /** Something would be missed if the way were broken. */
  #isWaiting(): boolean {
    return this.expects !== 'nothing' || this.#sent.size > 0 || this.#sequence.hasGap;
  }

  #failsAt(): number {
    if (!this.#isOpen) return Math.min(this.#opening.failsAt, this.#probing.failsAt);
    if (this.#options.role === 'server' || !this.#isWaiting()) return Infinity;
    return this.#isReachable ? this.#probing.failsAt : this.#unreachableSince + linkLimits.unreachableMs;
  }

  #openingAt(): number {
    return this.#outbox.isEmpty && !this.#opening.isSent ? Infinity : this.#opening.nextAt;
  }

  #nextProbeAt(): number {
    return Math.min(this.#probeAt, this.#probing.nextAt(this.#waitedEnoughAt(), this.#roundTrip.timeoutMs));
  }

  #waitedEnoughAt(): number {
    const { timeoutMs } = this.#roundTrip;
    const { oldest } = this.#sent;
    const unacknowledgedAt = oldest === undefined ? Infinity : oldest.sentAt + oldest.patienceMs + timeoutMs;
    return Math.min(unacknowledgedAt, this.#gapSince + timeoutMs, this.#quietAt());
  }

  /** All was acknowledged, and an answer or news are waited for. */
  #quietAt(): number {
    const { requestProbeMs, idleProbeMs, maxIdleProbeMs } = linkLimits;
    const since = Math.max(this.#heardAt, this.#probing.lastAt);
    if (this.expects === 'answers') return since + requestProbeMs;
    if (this.expects === 'news') return since + Math.min(maxIdleProbeMs, idleProbeMs * 2 ** this.#quietProbes);
    return Infinity;
  }

  #expire(now: number): void {
    if (this.#bye !== undefined && this.#bye.at <= now) {
      this.#deliver(this.#bye.received);
      return;
    }
    if (this.#isOpen && !this.#isWaiting()) this.#probing.reset();
    if (this.#failsAt() > now) return;
    const isUnreachable = !this.#isReachable && !this.#opening.isSent;
    if (isUnreachable || (this.#isOpen && !this.#isReachable)) {
      this.#end({ code: 'unreachable', reason: 'no relay can be reached' });
    } else this.#end({ code: 'silent', reason: 'it does not answer' });
  }

  // What leaves

  #open(now: number): Outgoing | undefined {
    if (this.#openingAt() > now) return undefined;
    this.#opening.signing();
    const frame = this.#sent.get(0) ?? this.#number(this.#outbox.opening(this.#contentBytes()), now);
    return this.#sign(frame, true);
  }

  /** Repeats the first of what the peer lacks, then asks. */
  #ask(): void {
    this.#isAsking = true;
    const { oldest } = this.#sent;
    if (oldest !== undefined || this.#sequence.hasGap) {
      this.#isRecovering = true;
      this.#roundTrip.timedOut();
    }
    for (const frame of this.#sent.missing(Infinity, linkLimits.probeBytes))
      if (!this.#again.includes(frame)) this.#again.push(frame);
  }

  #repeat(now: number): Outgoing | undefined {
    for (let frame = this.#again.shift(); frame !== undefined; frame = this.#again.shift()) {
      if (this.#sent.get(frame.sequence) !== frame || frame.isHeld || frame.event === undefined) continue;
      if (!this.#options.isWrapped) return this.#sign(frame, true);
      frame.sentAt = now;
      frame.attempts++;
      return { from: this, event: frame.event, sent: frame, notBefore: 0, toAll: true };
    }
    return undefined;
  }

  #pollProbe(now: number): Outgoing | undefined {
    if (!this.#isAsking) return undefined;
    this.#isAsking = false;
    this.#probeAt = Infinity;
    this.#probing.sent(now);
    this.#quietProbes++;
    if (this.#gapSince !== Infinity) this.#gapSince = now;
    return this.#control('probe', now);
  }

  #pollContent(now: number): Outgoing | undefined {
    if (this.#outbox.isEmpty) return undefined;
    const { size, bytes } = this.#sent;
    if (size >= linkLimits.windowFrames || bytes >= this.#window.bytes) return undefined;
    const maxBytes = this.#contentBytes();
    if (maxBytes < linkLimits.minContentBytes) {
      this.#end({ code: 'refused', reason: `the relays in use take only ${this.#options.frameBytes()} bytes` });
      return undefined;
    }
    const content = this.#outbox.next(maxBytes);
    return content === undefined ? undefined : this.#sign(this.#number(content, now), this.#isRecovering);
  }

  #pollAck(now: number): Outgoing | undefined {
    return this.#acknowledging.dueAt > now ? undefined : this.#control('ack', now);
  }

  #sayBye(): Outgoing | undefined {
    if (this.#farewell === undefined) return undefined;
    const detail = this.#farewell;
    this.#farewell = undefined;
    return this.#draft(this.#number(emptyContent(), 0), { control: 'bye', detail }, true);
  }

  #contentBytes(): number {
    return this.#options.frameBytes() - linkLimits.frameOverheadBytes;
  }

  #number(content: Content, now: number): SentFrame {
    const patienceMs = content.hasRequest ? linkLimits.requestAckDelayMs : linkLimits.ackDelayMs;
    const sequence = this.#nextSequence++;
    const sent: SentFrame = {
      sequence,
      content,
      patienceMs,
      event: undefined,
      sentAt: now,
      attempts: 0,
      inVain: 0,
      isHeld: false,
    };
    this.#sent.add(sent);
    return sent;
  }

  #control(control: LinkControl, now: number): Outgoing {
    this.#acknowledging.carried(now, true);
    return this.#draft(undefined, { control, detail: this.#options.random() }, control === 'probe' || this.#isRecovering);
  }

  #sign(sent: SentFrame, toAll: boolean): Outgoing {
    this.#acknowledging.carried(this.#options.clock(), false);
    // In plain text a repetition must differ: relays swallow an id that they know.
    const detail = sent.attempts > 0 && this.#isOpen ? { detail: this.#options.random() } : {};
    return this.#draft(sent, detail, toAll);
  }

  #draft(sent: SentFrame | undefined, header: Partial<LinkTag>, toAll: boolean): Outgoing {
    this.#signing = { sent };
    const held = this.#sequence.hasGap ? { held: this.#sequence.ranges() } : {};
    const { content = '', relations, part, requestEvent } = sent?.content ?? {};
    const link: LinkTag = {
      connection: this.connection,
      ...(sent === undefined ? {} : { sequence: sent.sequence }),
      acknowledged: this.#sequence.expected,
      instance: this.instance,
      ...header,
      ...held,
    };
    const frame: Frame = {
      link,
      content,
      ...(requestEvent === undefined ? {} : { requestEvent }),
      ...(relations === undefined ? {} : { relations }),
      ...(part === undefined ? {} : { part }),
    };
    return { from: this, frame, sent, notBefore: this.#peerStamp, toAll };
  }
}
