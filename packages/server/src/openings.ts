import { limits as wire } from '@mcp-nostr/core';

import { limits } from './limits.ts';

export type OpeningVerdict = 'fresh' | 'clock' | 'ended';

/**
 * Keeps an opening from being taken twice. A connection that ended stays known until its opening is too old to be
 * taken; when there are too many to keep, the oldest acceptable time rises instead, so that none is forgotten.
 */
export class Openings {
  /** Connection key to the time of its opening, in seconds. */
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
    if (this.#ended.size <= limits.maxClosedConnections) return;
    this.#forgetBefore(nowSeconds - wire.maxAgeSeconds);
    if (this.#ended.size <= limits.maxClosedConnections) return;
    // The oldest opening and not the oldest ending: it moves the bound least.
    this.#oldestSeconds = [...this.#ended.values()].reduce((a, b) => Math.min(a, b)) + 1;
    this.#forgetBefore(this.#oldestSeconds);
  }

  #forgetBefore(seconds: number): void {
    for (const [key, openedAt] of this.#ended) if (openedAt < seconds) this.#ended.delete(key);
  }
}
