import { limits } from './limits.ts';

/** Lets `burst` things happen at once and `perSecond` on average. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: () => number;
  #tokens: number;
  #at: number;

  /** `clock`: milliseconds that only grow. */
  constructor(perSecond: number, burst: number, clock: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock();
  }

  /** So many at once, and then so many a minute; none for no bound. */
  static perMinute(count: number | undefined, clock: () => number): TokenBucket | undefined {
    if (count === undefined) return undefined;
    // Of half a call a minute there is one every two minutes.
    return new TokenBucket(count / 60, count > 0 ? Math.max(1, count) : 0, clock);
  }

  /** Nothing of it is in use: one that is new would be the same. */
  get isFull(): boolean {
    return this.#level() >= this.#burst;
  }

  take(): boolean {
    if (this.#level() < 1) return false;
    this.#tokens--;
    return true;
  }

  /** For what has happened already; what there is not is owed, to so many bursts. */
  spend(count: number, maxOwedBursts: number): void {
    this.#tokens = Math.max(this.#level() - count, -maxOwedBursts * this.#burst);
  }

  /** Until one is there; 0 when it is. Whole milliseconds, so that whoever waits them finds it. */
  get waitMs(): number {
    const waitMs = Math.ceil(((1 - this.#level()) / this.#perSecond) * 1000);
    return Math.min(limits.maxRetryMs, Math.max(0, waitMs));
  }

  #level(): number {
    const now = this.#clock();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    return this.#tokens;
  }
}
