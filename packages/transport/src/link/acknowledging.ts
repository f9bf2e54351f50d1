import { linkLimits } from './limits.ts';

/** When an acknowledgement goes out by itself. Every frame that leaves carries one and makes it needless. */
export class Acknowledging {
  #dueAt = Infinity;
  #bytes = 0;
  #answeredAt = -Infinity;

  get dueAt(): number {
    return this.#dueAt;
  }

  /** A new frame came. */
  received(now: number, bytes: number, delayMs: number): void {
    this.#bytes += bytes;
    const isMuch = this.#bytes >= linkLimits.ackAfterBytes;
    this.#dueAt = Math.min(this.#dueAt, isMuch ? now : now + delayMs);
  }

  /** The peer asks, by a probe or a repetition: it is answered at once, but once in a round trip. */
  asked(now: number, roundTripMs: number): void {
    this.#dueAt = Math.min(this.#dueAt, Math.max(now, this.#answeredAt + roundTripMs));
  }

  /** A frame leaves. */
  carried(now: number, isAnswer: boolean): void {
    this.#dueAt = Infinity;
    this.#bytes = 0;
    if (isAnswer) this.#answeredAt = now;
  }
}
