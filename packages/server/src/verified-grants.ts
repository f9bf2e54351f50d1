import { eventId, type NostrEvent, verifyId } from '@mcp-nostr/core';

import type { KeyBuckets } from './key-buckets.ts';
import { limits } from './limits.ts';
import { TokenBucket } from './token-bucket.ts';

/** Checks the signatures of grants, each once, and no more of them in a second than its bound. */
export class VerifiedGrants {
  readonly #bucket: TokenBucket;
  readonly #each: KeyBuckets | undefined;
  /** By id and signature: a forged one must not spoil the one that it was made after. */
  readonly #verdicts: Map<string, boolean> = new Map();

  /** `each`: a bound for each identity. */
  constructor(perSecond: number, burst: number, clock: () => number, each?: KeyBuckets) {
    this.#each = each;
    this.#bucket = new TokenBucket(perSecond, burst, clock);
  }

  /** Undefined when there were too many. */
  isGenuine(event: NostrEvent): boolean | undefined {
    const id = eventId(event);
    if (id !== event.id) return false;
    const key = id + event.sig;
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    if (this.#each?.take(event.pubkey) === false || !this.#bucket.take()) return undefined;
    const isGenuine = verifyId(id, event.sig, event.pubkey);
    this.#verdicts.set(key, isGenuine);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > limits.maxRememberedGrants && oldest !== undefined)
      this.#verdicts.delete(oldest);
    return isGenuine;
  }
}
