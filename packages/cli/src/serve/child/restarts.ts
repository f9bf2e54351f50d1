import { limits } from './limits.ts';

/** When a program that has failed is started again. */
export class Restarts {
  #failures = 0;

  /** Failures since it was healthy. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * The wait after a failure. A program that did its work and fails for the first time is started again at once; what
   * made one fail that never came up is not gone in a moment.
   */
  failed({ hasWorked }: { hasWorked: boolean }): number {
    this.#failures++;
    const doublings = this.#failures - (hasWorked ? 2 : 1);
    return doublings < 0 ? 0 : Math.min(limits.firstDelayMs * 2 ** doublings, limits.maxDelayMs);
  }

  healthy(): void {
    this.#failures = 0;
  }
}
