import { limits } from './limits.ts';

/** When a connection that was lost, or not had, is tried again: after full jitter below a bound that doubles. */
export class Backoff {
  readonly #attempt: () => void;
  readonly #random: () => number;
  #boundMs: number = limits.minRetryMs;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(attempt: () => void, random: () => number = Math.random) {
    this.#attempt = attempt;
    this.#random = random;
  }

  /** `livedMs`: how long what was lost had been there. */
  schedule(livedMs: number): void {
    if (livedMs >= limits.goodAfterMs) this.#boundMs = limits.minRetryMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#attempt, Math.ceil(this.#random() * this.#boundMs));
    this.#boundMs = Math.min(this.#boundMs * 2, limits.maxRetryMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
