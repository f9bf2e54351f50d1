import { type Frame, type NumberRange, splitMessages } from '@mcp-nostr/core';

import { Acknowledging } from './acknowledging.ts';
import { linkLimits } from './limits.ts';
import { LinkViolation, type LostMessage, Parts } from './parts.ts';
import { Sequence } from './sequence.ts';
import type { Arrival, LinkEnd, LinkRole, ReceivedMessage } from './traffic.ts';
import type { UnfinishedCount } from './unfinished.ts';

export interface InboundOptions {
  role: LinkRole;
  unfinished: UnfinishedCount;
  /** A message, in its order. Returns whether it will be answered. */
  onmessage: (message: ReceivedMessage) => boolean;
  /** A large message of the peer that will not be had whole. */
  onlost: (message: LostMessage) => void;
  onend: (end: LinkEnd) => void;
}

interface Received extends Arrival {
  readonly frame: Frame;
}

/** What comes from the peer: each frame once, in order, and when it is acknowledged. */
export class Inbound {
  readonly acknowledging: Acknowledging = new Acknowledging();
  readonly #options: InboundOptions;
  readonly #sequence: Sequence<Received> = new Sequence();
  readonly #parts: Parts;
  #peerStamp = 0;
  #gapSince = Infinity;
  #bye: Received | undefined;
  #byeAt = Infinity;
  #isClosed = false;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#parts = new Parts(options.unfinished, options.onlost);
  }

  /** The next number: all below it have been delivered. */
  get expected(): number {
    return this.#sequence.expected;
  }

  get hasGap(): boolean {
    return this.#sequence.hasGap;
  }

  /** Since when a gap has been waited for in vain, or since it was last asked about. */
  get gapSince(): number {
    return this.#gapSince;
  }

  /** The newest time that the peer has used, in seconds. */
  get peerStamp(): number {
    return this.#peerStamp;
  }

  /** When a `bye` waits no longer for the frames that it has overtaken. */
  get byeAt(): number {
    return this.#byeAt;
  }

  knows(sequence: number): boolean {
    return this.#sequence.knows(sequence);
  }

  ranges(): NumberRange[] {
    return this.#sequence.ranges();
  }

  /** A frame with a number that has not been here. */
  take(sequence: number, frame: Frame, arrival: Arrival, now: number): void {
    const received = { ...arrival, frame };
    this.#peerStamp = Math.max(this.#peerStamp, arrival.createdAt);
    if (frame.link.control === 'bye') {
      this.#bye = received;
      this.#byeAt = now + linkLimits.byeGraceMs;
    }
    let isAnswered = false;
    for (const each of this.#sequence.push(sequence, received, arrival.bytes)) {
      if (this.#deliver(each)) isAnswered = true;
      if (this.#isClosed) return;
    }
    if (!this.#sequence.hasGap) this.#gapSince = Infinity;
    else if (this.#gapSince === Infinity) this.#gapSince = now;
    const { openingAckMs, requestAckDelayMs, ackDelayMs } = linkLimits;
    const isOpening = this.#options.role === 'server' && sequence === 0;
    const delayMs = isOpening ? openingAckMs : isAnswered ? requestAckDelayMs : ackDelayMs;
    this.acknowledging.received(now, arrival.bytes, delayMs);
  }

  /** The peer has been asked for what is missing. */
  asked(now: number): void {
    if (this.#gapSince !== Infinity) this.#gapSince = now;
  }

  /** What was waited for long enough. */
  expire(now: number): void {
    if (this.#bye !== undefined && this.#byeAt <= now) this.#deliver(this.#bye);
  }

  /** Nothing is delivered any more. */
  close(): void {
    this.#isClosed = true;
    this.#byeAt = Infinity;
    this.#parts.close();
  }

  /** Returns whether an answer will follow. */
  #deliver({ frame, id }: Received): boolean {
    const { link, content, part, relations = [] } = frame;
    if (link.control === 'bye') {
      this.#options.onend({ code: 'bye', reason: link.detail ?? '' });
      return false;
    }
    if (part !== undefined) return this.#deliverPart(frame, id);
    let isAnswered = false;
    for (const [index, text] of splitMessages(content).entries()) {
      if (this.#isClosed) break;
      if (this.#options.onmessage({ text, relation: named(relations[index]), event: id })) isAnswered = true;
    }
    return isAnswered;
  }

  #deliverPart({ part, content, relations = [] }: Frame, id: string): boolean {
    if (part === undefined) return false;
    const relation = named(relations[0]);
    try {
      const text = this.#parts.add(part, content);
      return text !== undefined && this.#options.onmessage({ text, relation, event: id });
    } catch (error) {
      if (!(error instanceof LinkViolation)) throw error;
      this.#options.onend({ code: 'violation', reason: error.message });
      return false;
    }
  }
}

function named(relation: string | undefined): string | undefined {
  return relation === '' ? undefined : relation;
}
