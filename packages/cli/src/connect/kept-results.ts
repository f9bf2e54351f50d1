import { pickupLimits } from './pickup-limits.ts';

type Result = Record<string, unknown>;

interface Kept {
  readonly result: Result;
  readonly chars: number;
  readonly timer: NodeJS.Timeout;
}

/** Results that came when nobody waited for them any more, each for a while; the oldest give way. */
export class KeptResults {
  readonly #keepMs: number;
  readonly #kept: Map<string, Kept> = new Map();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  keep(key: string, result: Result): void {
    this.take(key);
    const chars = key.length + JSON.stringify(result).length;
    if (chars > pickupLimits.maxChars) return;
    const timer = setTimeout(() => this.#kept.delete(key), this.#keepMs);
    timer.unref();
    this.#kept.set(key, { result, chars, timer });
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= pickupLimits.maxCalls && this.#chars <= pickupLimits.maxChars) break;
      this.take(oldest);
    }
  }

  /** Gives it away. */
  take(key: string): Result | undefined {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    clearTimeout(kept?.timer);
    return kept?.result;
  }

  clear(): void {
    for (const key of this.#kept.keys()) this.take(key);
  }

  get #chars(): number {
    return [...this.#kept.values()].reduce((sum, { chars }) => sum + chars, 0);
  }
}
