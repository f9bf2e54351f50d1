import { limits } from './limits.ts';

/**
 * When the next attempt to reach a relay is made: after full jitter below a bound that doubles, so that the clients
 * of a relay that restarts do not come back all at once. The bound stays below a second until the relay has been away
 * for minutes, and an attempt that something waits for is not put off for longer either.
 */
export class Backoff {
  readonly #attempt: () => void;
  readonly #random: () => number;
  #boundMs: number = limits.reconnectMinMs;
  /** When the present row of failures began. */
  #failingSince = performance.now();
  /** The first attempt is the owner's own, at once. */
  #attemptedAt = performance.now();
  #dueAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(attempt: () => void, random: () => number = Math.random) {
    this.#attempt = attempt;
    this.#random = random;
  }

  /** The attempt failed, or what came of it was lost after so long. `isAwaited`: something waits for the relay. */
  schedule(livedMs: number, isAwaited: boolean): void {
    const now = performance.now();
    if (livedMs > limits.reconnectResetMs) {
      this.#boundMs = limits.reconnectMinMs;
      this.#failingSince = now;
    }
    this.#plan(now + Math.ceil(this.#random() * this.#boundMs));
    const isRecent = now - this.#failingSince < limits.reconnectSoonForMs;
    const mostMs = isRecent ? limits.reconnectSoonMaxMs : limits.reconnectMaxMs;
    this.#boundMs = Math.min(this.#boundMs * 2, mostMs);
    if (isAwaited) this.hurry();
  }

  /** Something waits for the relay: the attempt that is planned, if any, is brought forward. */
  hurry(): void {
    const soonestAt = Math.max(performance.now(), this.#attemptedAt + limits.reconnectAwaitedMs);
    if (this.#timer !== undefined && soonestAt < this.#dueAt) this.#plan(soonestAt);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #plan(dueAt: number): void {
    this.close();
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#attemptedAt = performance.now();
      this.#attempt();
    }, dueAt - performance.now());
  }
}
