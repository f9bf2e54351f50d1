import { limits } from './limits.ts';
import { TimeWindow } from './time-window.ts';

export type OpeningVerdict = 'fresh' | 'clock' | 'ended';

/** Keeps an opening from being taken twice: of connections that ended is known how far they came. */
export class Openings {
  /** The next number that each would have taken. */
  readonly #ended: TimeWindow<number> = new TimeWindow(limits.maxClosedConnections);

  check(key: string, createdAt: number, nowSeconds: number): OpeningVerdict {
    if (!this.isTimely(createdAt, nowSeconds)) return 'clock';
    return this.#ended.has(key) ? 'ended' : 'fresh';
  }

  /** Whether a frame of this time (seconds) can be of now. */
  isTimely(createdAt: number, nowSeconds: number): boolean {
    return this.#ended.isTimely(createdAt, nowSeconds);
  }

  /** How far a connection that ended has come; undefined when it is not remembered. */
  received(key: string): number | undefined {
    return this.#ended.get(key);
  }

  /** `createdAt`: when it was opened. */
  ended(key: string, createdAt: number, received: number, nowSeconds: number): void {
    this.#ended.add(key, createdAt, received, nowSeconds);
  }
}
