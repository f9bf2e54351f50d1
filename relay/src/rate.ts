/** A token bucket: so many units a second on average, so many at once. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number, burst: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#filledAtMs = now();
  }

  /** Takes this many and returns 0, or takes nothing and returns how many milliseconds to wait for them. */
  take(units = 1): number {
    this.#fill();
    // More than the bucket holds would never be there.
    const needed = Math.min(units, this.#burst);
    if (this.#tokens < needed) return ((needed - this.#tokens) * 1000) / this.#perSecond;
    this.#tokens -= needed;
    return 0;
  }

  /** Takes them whether they are there or not: what is owed is waited for. */
  charge(units: number): void {
    this.#fill();
    this.#tokens -= units;
  }

  #fill(): void {
    const nowMs = this.#now();
    // A clock that was set back must not take anything away.
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs * this.#perSecond) / 1000);
  }
}
