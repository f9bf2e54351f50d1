import { limits } from './limits.ts';

/** Connections lost in a row, so that a server that ends each one at once is not asked for ever. */
export class Losses {
  #count = 0;
  #begunAt = 0;

  get areHopeless(): boolean {
    return this.#count > limits.maxLosses;
  }

  /** How long to wait before the next at most. */
  get waitMs(): number {
    return Math.min(limits.maxReopenMs, limits.reopenMs * 2 ** this.#count);
  }

  /** A connection is begun. */
  begun(now: number): void {
    this.#begunAt = now;
  }

  /** The server has answered the application. */
  answered(): void {
    this.#count = 0;
  }

  /** It is over; one that lived for a while begins a new count. */
  lost(now: number): void {
    if (now - this.#begunAt > limits.lossMemoryMs) this.#count = 0;
    this.#count++;
  }
}
