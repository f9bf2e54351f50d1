import { limits as wire } from '@mcp-nostr/core';

import { limits } from './limits.ts';

export type OpeningVerdict = 'fresh' | 'clock' | 'ended';

/**
 * Keeps an opening from being taken twice. A connection that ended stays known until its opening is too old to be
 * taken; when there are too many to keep, the oldest acceptable time rises instead, so that none is forgotten.
 */
export class Openings {
  /** Connection key to the time of its opening, in seconds; the oldest ending first. */
  readonly #ended: Map<string, number> = new Map();
  #oldestSeconds = 0;

  check(key: string, createdAt: number, nowSeconds: number): OpeningVerdict {
    if (!this.isTimely(createdAt, nowSeconds)) return 'clock';
    return this.#ended.has(key) ? 'ended' : 'fresh';
  }

  /** Whether a frame of this time (seconds) can be of now. */
  isTimely(createdAt: number, nowSeconds: number): boolean {
    const oldest = Math.max(this.#oldestSeconds, nowSeconds - wire.maxAgeSeconds);
    return createdAt >= oldest && createdAt <= nowSeconds + wire.maxFutureSeconds;
  }

  ended(key: string, createdAt: number, nowSeconds: number): void {
    this.#ended.set(key, createdAt);
    for (const [each, openedAt] of this.#ended) {
      const isTooOld = openedAt < Math.max(this.#oldestSeconds, nowSeconds - wire.maxAgeSeconds);
      if (!isTooOld && this.#ended.size <= limits.maxClosedConnections) break;
      this.#ended.delete(each);
      if (!isTooOld) this.#oldestSeconds = Math.max(this.#oldestSeconds, openedAt + 1);
    }
  }
}
