import { limits } from './limits.ts';

/**
 * Waits between attempts: full jitter below a bound that doubles, so that the clients of a relay that restarts do
 * not come back all at once.
 */
export class Backoff {
  #attempt = 0;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** How long to wait before the next attempt. */
  nextMs(): number {
    const boundMs = Math.min(limits.reconnectMaxMs, limits.reconnectMinMs * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 16);
    return Math.ceil(this.#random() * boundMs);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
