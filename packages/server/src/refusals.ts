import { KeyBuckets } from './key-buckets.ts';
import { limits } from './limits.ts';
import { ReservedBucket } from './reserved-bucket.ts';

/** How many refusals go out: in all, and to each key, so that none uses up what others need to hear. */
export class Refusals {
  readonly #all: ReservedBucket;
  readonly #each: KeyBuckets;

  constructor(clock: () => number, strangersShare: number) {
    const { refusalsPerSecond, refusalBurst } = limits;
    this.#all = new ReservedBucket(refusalsPerSecond, refusalBurst, clock, strangersShare);
    this.#each = new KeyBuckets({
      perSecond: limits.refusalsPerKeyPerSecond,
      burst: limits.refusalsPerKeyBurst,
      maxKeys: limits.maxRefusedKeys,
      clock,
    });
  }

  /** Whether one may go to this author now. */
  take(author: string, isKnown: boolean): boolean {
    return this.#each.take(author) && this.#all.take(isKnown);
  }
}
