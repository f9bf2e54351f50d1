import type { NostrEvent, NumberRange } from '@mcp-nostr/core';

import type { Content } from './outbox.ts';

/** A numbered frame of ours that the peer has not acknowledged. */
export interface SentFrame {
  readonly sequence: number;
  readonly content: Content;
  /** How long the peer may take beyond the way there and back. */
  readonly patienceMs: number;
  /** Signed; undefined until then. */
  event: NostrEvent | undefined;
  sentAt: number;
  /** Attempts, and how many of them surely reached nobody. */
  attempts: number;
  inVain: number;
  /** How often the way broke before a word came. */
  losses: number;
  /** The peer holds it beyond a gap. */
  isHeld: boolean;
}

/** What the peer has not acknowledged, in its order: kept to be sent again. */
export class Unacknowledged {
  readonly #frames: Map<number, SentFrame> = new Map();
  #acknowledged = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#frames.size;
  }

  /** All below this number the peer has. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get frames(): IterableIterator<SentFrame> {
    return this.#frames.values();
  }

  /** The first that the peer lacks. */
  get oldest(): SentFrame | undefined {
    for (const frame of this.#frames.values()) if (!frame.isHeld && frame.event !== undefined) return frame;
    return undefined;
  }

  get(sequence: number): SentFrame | undefined {
    return this.#frames.get(sequence);
  }

  add(frame: SentFrame): void {
    this.#frames.set(frame.sequence, frame);
    this.#bytes += frame.content.bytes;
  }

  delete(sequence: number): void {
    const frame = this.#frames.get(sequence);
    if (frame === undefined) return;
    this.#frames.delete(sequence);
    this.#bytes -= frame.content.bytes;
  }

  /** Returns what this acknowledgement is the first to confirm; acknowledgements only grow. */
  acknowledge(acknowledged: number, held: readonly NumberRange[]): SentFrame[] {
    const confirmed: SentFrame[] = [];
    if (acknowledged > this.#acknowledged) {
      this.#acknowledged = acknowledged;
      for (const frame of this.#frames.values()) {
        if (frame.sequence >= acknowledged) break;
        confirmed.push(frame);
      }
      for (const { sequence } of confirmed) this.delete(sequence);
    }
    // A range of an older frame is as true as a new one, unless it was thrown away to make room: then a probe asks.
    if (acknowledged === this.#acknowledged)
      for (const frame of this.#frames.values()) frame.isHeld = isIn(held, frame);
    return confirmed;
  }

  /** What the peer lacks and was sent before this time: the first of it, up to so many bytes, at least one. */
  missing(sentBefore: number, maxBytes: number, below: number = Infinity): SentFrame[] {
    const missing: SentFrame[] = [];
    let bytes = 0;
    for (const frame of this.#frames.values()) {
      if (frame.sequence >= below || bytes >= maxBytes) break;
      if (frame.isHeld || frame.event === undefined || frame.sentAt > sentBefore) continue;
      missing.push(frame);
      bytes += frame.content.bytes;
    }
    return missing;
  }
}

function isIn(ranges: readonly NumberRange[], { sequence }: SentFrame): boolean {
  return ranges.some(([first, last]) => sequence >= first && sequence <= last);
}
