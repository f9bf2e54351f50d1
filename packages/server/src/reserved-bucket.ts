import { TokenBucket } from './token-bucket.ts';

/**
 * A rate of which strangers can use up a part only: the rest is there for known keys whatever strangers do. Decryption
 * has none, and the check of a frame's signature neither: before them nobody knows whose an event is.
 */
export class ReservedBucket {
  readonly #all: TokenBucket;
  readonly #strangers: TokenBucket;

  /** `strangersShare`: from 0 to 1. */
  constructor(perSecond: number, burst: number, clock: () => number, strangersShare: number) {
    this.#all = new TokenBucket(perSecond, burst, clock);
    this.#strangers = new TokenBucket(perSecond * strangersShare, burst * strangersShare, clock);
  }

  take(isKnown: boolean): boolean {
    return (isKnown || this.#strangers.take()) && this.#all.take();
  }
}
