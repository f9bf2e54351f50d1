import { limits } from './limits.ts';
import { ReservedBucket } from './reserved-bucket.ts';
import { TokenBucket } from './token-bucket.ts';

/** How many refusals go out: in all, and to each key, so that none uses up what others need to hear. */
export class Refusals {
  readonly #clock: () => number;
  readonly #all: ReservedBucket;
  readonly #each: Map<string, TokenBucket> = new Map();

  constructor(clock: () => number, strangersShare: number) {
    const { refusalsPerSecond, refusalBurst } = limits;
    this.#clock = clock;
    this.#all = new ReservedBucket(refusalsPerSecond, refusalBurst, clock, strangersShare);
  }

  /** Whether one may go to this author now. */
  take(author: string, isKnown: boolean): boolean {
    return this.#bucketOf(author).take() && this.#all.take(isKnown);
  }

  #bucketOf(author: string): TokenBucket {
    const { refusalsPerKeyPerSecond, refusalsPerKeyBurst, maxRefusedKeys } = limits;
    const known = this.#each.get(author);
    const bucket = known ?? new TokenBucket(refusalsPerKeyPerSecond, refusalsPerKeyBurst, this.#clock);
    this.#each.delete(author);
    this.#each.set(author, bucket);
    const [oldest] = this.#each.keys();
    // Whoever floods is asked for most lately and stays.
    if (this.#each.size > maxRefusedKeys && oldest !== undefined) this.#each.delete(oldest);
    return bucket;
  }
}
