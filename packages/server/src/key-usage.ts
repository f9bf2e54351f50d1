import { type Excess, Lane } from './lane.ts';
import { limits } from './limits.ts';
import type { Permission } from './policy.ts';
import { TokenBucket } from './token-bucket.ts';

export type UsageBounds = Pick<Permission, 'callsPerMinute' | 'callsAtOnce' | 'bytesPerMinute'>;

/** Whether a request may pass; `ended` is then called once, with whether it was cancelled. */
export interface Passage {
  excess?: Excess;
  ended?: (wasCancelled: boolean) => void;
}

/** What one key has used of what it may use, on all its connections together. */
export class KeyUsage {
  /** Connections that count on it. */
  connections = 0;
  readonly #clock: () => number;
  readonly #onblocked: () => void;
  readonly #calls: Lane;
  /** What a client asks beside its calls, to know what there is: it has a rate of its own. */
  readonly #chores: Lane;
  /** What it sends although it was told that it may not for now. */
  readonly #strikes: TokenBucket;
  #bounds: UsageBounds = {};
  #unrefused: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;
  #blockedUntil = -Infinity;

  /** `onblocked`: it went on and on; it is not served at all for a while. */
  constructor({ clock, onblocked }: { clock: () => number; onblocked: () => void }) {
    this.#clock = clock;
    this.#onblocked = onblocked;
    this.#calls = new Lane('calls', clock);
    this.#chores = new Lane('other requests', clock);
    this.#strikes = new TokenBucket(limits.strikesPerSecond, limits.strikeBurst, clock);
  }

  /** What is bounded as before is counted on. */
  set bounds(bounds: UsageBounds) {
    const { callsPerMinute, callsAtOnce, bytesPerMinute } = bounds;
    const { minChoresPerMinute, minChoresAtOnce } = limits;
    const before = this.#bounds;
    this.#bounds = bounds;
    this.#calls.bounds = { perMinute: callsPerMinute, atOnce: callsAtOnce };
    this.#chores.bounds = {
      perMinute: atLeast(minChoresPerMinute, callsPerMinute),
      atOnce: atLeast(minChoresAtOnce, callsAtOnce),
    };
    if (callsPerMinute !== before.callsPerMinute)
      this.#unrefused = TokenBucket.perMinute(atLeast(minChoresPerMinute, callsPerMinute), this.#clock);
    if (bytesPerMinute !== before.bytesPerMinute)
      this.#bytes = TokenBucket.perMinute(bytesPerMinute, this.#clock);
  }

  /** Milliseconds that it is not served for; 0 when it is. */
  get blockedMs(): number {
    return Math.max(0, Math.ceil(this.#blockedUntil - this.#clock()));
  }

  /** Nothing that a new one would not have. */
  get isForgettable(): boolean {
    const isUnused = this.#calls.isIdle && this.#chores.isIdle && this.#bytes?.isFull !== false;
    return this.connections === 0 && this.blockedMs === 0 && isUnused;
  }

  /** Counts a request, unless it is above a bound. */
  request(bytes: number, isChore: boolean): Passage {
    const lane = isChore ? this.#chores : this.#calls;
    const excess = lane.excess ?? this.#byteExcess();
    if (excess !== undefined) {
      this.#strike(bytes);
      return { excess };
    }
    this.spend(bytes);
    return { ended: lane.begin() };
  }

  /**
   * Notifications and answers, of which nobody would be told that one was dropped, and what is free. But there is a rate
   * for them too, and above it, or when the bytes are used up, one counts like a request that was refused.
   */
  unrefused(bytes: number): void {
    const isAbove = this.#unrefused?.take() === false || this.#byteExcess() !== undefined;
    this.spend(bytes);
    if (isAbove) this.#strike(bytes);
  }

  /** What passes in either direction, and is not refused any more. */
  spend(bytes: number): void {
    this.#bytes?.spend(bytes, limits.maxOwedMinutes);
  }

  #byteExcess(): Excess | undefined {
    const waitMs = this.#bytes?.waitMs ?? 0;
    if (waitMs === 0) return undefined;
    const { bytesPerMinute } = this.#bounds;
    return { retryAfterMs: waitMs, reason: `this key may use ${bytesPerMinute} bytes per minute` };
  }

  #strike(bytes: number): void {
    const isForgiven = this.#strikes.take();
    this.#strikes.spend(bytes / limits.strikeBytes, 0);
    if (isForgiven || this.blockedMs > 0) return;
    this.#blockedUntil = this.#clock() + limits.blockMs;
    this.#onblocked();
  }
}

function atLeast(min: number, bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : Math.max(min, bound);
}
