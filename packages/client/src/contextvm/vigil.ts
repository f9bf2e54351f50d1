import type { Expectation } from '@mcp-nostr/transport';

import { bareClientLimits as limits } from './limits.ts';

/** When a server without link is asked whether it lives, and when it is taken for gone. */
export class Vigil {
  /** When something was heard last, or there was a new way to the server. */
  #since: number | undefined;
  #heardAt: number | undefined;
  #pingedAt = -Infinity;
  /** Since when pings are unanswered, whatever became of the ways meanwhile. */
  #askedSince: number | undefined;
  /** The pings under way, by their events. */
  readonly #pings: Set<string> = new Set();
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
    const silentAt = from + (this.#heardAt === undefined ? limits.firstSilenceMs : limits.silenceMs);
    return Math.min(silentAt, (this.#askedSince ?? Infinity) + limits.maxSilenceMs);
  }

  /** What is waited for from now on. */
  awaits(awaited: Expectation, now: number): void {
    if (this.#awaited === 'nothing' && awaited !== 'nothing') {
      this.#since = now;
      this.#askedSince = undefined;
    }
    this.#awaited = awaited;
  }

  heard(now: number): void {
    this.#heardAt = this.#since = now;
    this.#askedSince = undefined;
  }

  /** There is a way again: the server has its whole time. */
  newWay(now: number): void {
    this.#since = now;
    this.#pingedAt = -Infinity;
  }

  pinged(now: number): void {
    this.#pingedAt = now;
    this.#askedSince ??= now;
  }

  /** A ping leaves as this event. */
  asks(event: string): void {
    const [oldest] = this.#pings;
    if (oldest !== undefined && this.#pings.size >= limits.maxPings) this.#pings.delete(oldest);
    this.#pings.add(event);
  }

  isAsked(event: string): boolean {
    return this.#pings.has(event);
  }

  /** Whether what names this event is the answer to a ping. */
  takes(event: string): boolean {
    return this.#pings.delete(event);
  }

  get #pingMs(): number {
    if (this.#heardAt === undefined) return limits.firstPingMs;
    return this.#awaited === 'news' && this.#pingedAt < (this.#since ?? 0)
      ? limits.newsPingMs
      : limits.pingMs;
  }
}
