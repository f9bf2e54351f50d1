import type { Expectation } from '@mcp-nostr/transport';

import { bareClientLimits as limits } from './limits.ts';

/** When a server without link is asked whether it lives, and when it is taken for gone. */
export class Vigil {
  /** When something was heard last, or there was a new way to the server. */
  #since: number | undefined;
  #heardAt: number | undefined;
  #pingedAt = -Infinity;
  #awaited: Expectation = 'nothing';

  /** Undefined: never. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  get pingAt(): number {
    if (this.#since === undefined || this.#awaited === 'nothing') return Infinity;
    return Math.max(this.#since, this.#pingedAt) + this.#pingMs;
  }

  get failsAt(): number {
    if (this.#since === undefined || this.#awaited === 'nothing') return Infinity;
    // News are not missed before a ping has found nobody.
    const from = this.#awaited === 'news' ? this.#since + limits.newsPingMs : this.#since;
    return from + (this.#heardAt === undefined ? limits.firstSilenceMs : limits.silenceMs);
  }

  /** What is waited for from now on. */
  awaits(awaited: Expectation, now: number): void {
    if (this.#awaited === 'nothing' && awaited !== 'nothing') this.#since = now;
    this.#awaited = awaited;
  }

  heard(now: number): void {
    this.#heardAt = this.#since = now;
  }

  /** There is a way again: the server has its whole time. */
  newWay(now: number): void {
    this.#since = now;
    this.#pingedAt = -Infinity;
  }

  pinged(now: number): void {
    this.#pingedAt = now;
  }

  get #pingMs(): number {
    if (this.#heardAt === undefined) return limits.firstPingMs;
    return this.#awaited === 'news' && this.#pingedAt < (this.#since ?? 0)
      ? limits.newsPingMs
      : limits.pingMs;
  }
}
