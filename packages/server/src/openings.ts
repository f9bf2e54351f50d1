import { limits as wire } from '@mcp-nostr/core';

import { limits } from './limits.ts';

export type OpeningVerdict = 'fresh' | 'clock' | 'ended';

interface Ended {
  /** When it was opened, in seconds. */
  readonly createdAt: number;
  /** The next number that it would have taken. */
  readonly received: number;
}

/**
 * Keeps an opening from being taken twice. A connection that ended stays known until its opening is too old to be
 * taken; when there are too many to keep, the oldest acceptable time rises instead, so that none is forgotten.
 */
export class Openings {
  readonly #ended: Map<string, Ended> = new Map();
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

  /** How far a connection that ended has come; undefined when it is not remembered. */
  received(key: string): number | undefined {
    return this.#ended.get(key)?.received;
  }

  ended(key: string, createdAt: number, received: number, nowSeconds: number): void {
    this.#ended.set(key, { createdAt, received });
    if (this.#ended.size <= limits.maxClosedConnections) return;
    this.#forgetBefore(nowSeconds - wire.maxAgeSeconds);
    if (this.#ended.size <= limits.maxClosedConnections) return;
    // The oldest opening and not the oldest ending: it moves the bound least.
    this.#oldestSeconds =
      [...this.#ended.values()].reduce((oldest, { createdAt: at }) => Math.min(oldest, at), Infinity) + 1;
    this.#forgetBefore(this.#oldestSeconds);
  }

  #forgetBefore(seconds: number): void {
    for (const [key, { createdAt }] of this.#ended) if (createdAt < seconds) this.#ended.delete(key);
  }
}
