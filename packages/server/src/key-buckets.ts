import { TokenBucket } from './token-bucket.ts';

export interface KeyBucketsOptions {
  perSecond: number;
  burst: number;
  /** Keys that are remembered, those first that were asked for last. */
  maxKeys: number;
  /** Milliseconds that only grow. */
  clock: () => number;
}

/** How often something may happen for each key. */
export class KeyBuckets {
  readonly #options: KeyBucketsOptions;
  readonly #buckets: Map<string, TokenBucket> = new Map();

  constructor(options: KeyBucketsOptions) {
    this.#options = options;
  }

  take(key: string): boolean {
    const { perSecond, burst, maxKeys, clock } = this.#options;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(perSecond, burst, clock);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    // Whoever floods is asked for most lately and stays.
    if (this.#buckets.size > maxKeys && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.take();
  }
}
