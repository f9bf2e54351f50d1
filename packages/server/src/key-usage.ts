import { limits } from './limits.ts';
import type { Permission } from './policy.ts';
import { TokenBucket } from './token-bucket.ts';

export type UsageBounds = Pick<Permission, 'callsPerMinute' | 'callsAtOnce' | 'bytesPerMinute'>;

/** Which bound a request is above. */
export interface Excess {
  reason: string;
  retryAfterMs: number;
}

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
  /** What it sends although it was told that it may not for now. */
  readonly #strikes: TokenBucket;
  #bounds: UsageBounds = {};
  #calls: TokenBucket | undefined;
  #notifications: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;
  #underWay = 0;
  /** When calls were cancelled, whose handlers may be at work still. */
  #cancelledAt: number[] = [];
  #blockedUntil = -Infinity;

  /** `onblocked`: it went on and on; it is not served at all for a while. */
  constructor({ clock, onblocked }: { clock: () => number; onblocked: () => void }) {
    this.#clock = clock;
    this.#onblocked = onblocked;
    this.#strikes = new TokenBucket(limits.strikesPerSecond, limits.strikeBurst, clock);
  }

  /** What is bounded as before is counted on. */
  set bounds(bounds: UsageBounds) {
    const { callsPerMinute, bytesPerMinute } = bounds;
    const before = this.#bounds;
    this.#bounds = bounds;
    if (callsPerMinute !== before.callsPerMinute) {
      this.#calls = perMinute(callsPerMinute, this.#clock);
      this.#notifications = perMinute(callsPerMinute, this.#clock);
    }
    if (bytesPerMinute !== before.bytesPerMinute) this.#bytes = perMinute(bytesPerMinute, this.#clock);
  }

  /** Milliseconds that it is not served for; 0 when it is. */
  get blockedMs(): number {
    return Math.max(0, Math.ceil(this.#blockedUntil - this.#clock()));
  }

  /** Nothing that a new one would not have. */
  get isForgettable(): boolean {
    return (
      this.connections === 0 &&
      this.blockedMs === 0 &&
      [this.#calls, this.#bytes].every((bucket) => bucket?.isFull !== false)
    );
  }

  /** Counts a call, unless it is above a bound. */
  call(bytes: number): Passage {
    const excess = this.#excess();
    if (excess !== undefined) {
      this.#strike(bytes);
      return { excess };
    }
    this.#calls?.take();
    this.spend(bytes);
    this.#underWay++;
    return { ended: this.#ended };
  }

  /**
   * Nobody would be told that one was dropped, so none is; but as many as calls may come, and none when the bytes are
   * used up, without being counted like a call that was refused.
   */
  notification(bytes: number): void {
    const isAbove = this.#notifications?.take() === false || (this.#bytes?.waitMs ?? 0) > 0;
    this.spend(bytes);
    if (isAbove) this.#strike(bytes);
  }

  /** What passes in either direction, and is not refused any more. */
  spend(bytes: number): void {
    this.#bytes?.spend(bytes, limits.maxOwedMinutes);
  }

  readonly #ended = (wasCancelled: boolean): void => {
    this.#underWay--;
    if (wasCancelled && this.#bounds.callsAtOnce !== undefined) this.#cancelledAt.push(this.#clock());
  };

  #excess(): Excess | undefined {
    const { callsPerMinute, callsAtOnce = Infinity, bytesPerMinute } = this.#bounds;
    const callWaitMs = this.#calls?.waitMs ?? 0;
    if (callWaitMs > 0)
      return { retryAfterMs: callWaitMs, reason: `this key may make ${callsPerMinute} calls per minute` };
    const byteWaitMs = this.#bytes?.waitMs ?? 0;
    if (byteWaitMs > 0)
      return { retryAfterMs: byteWaitMs, reason: `this key may use ${bytesPerMinute} bytes per minute` };
    if (this.#underWay + this.#stopping() < callsAtOnce) return undefined;
    const reason = `this key may have ${callsAtOnce} calls under way at once`;
    return { retryAfterMs: limits.callEndRetryMs, reason };
  }

  /** Calls that count although nobody waits for them: else whoever cancels could have any number at work. */
  #stopping(): number {
    if (this.#cancelledAt.length === 0) return 0;
    const since = this.#clock() - limits.cancelledCountsMs;
    this.#cancelledAt = this.#cancelledAt.filter((at) => at > since);
    return this.#cancelledAt.length;
  }

  #strike(bytes: number): void {
    const isForgiven = this.#strikes.take();
    this.#strikes.spend(bytes / limits.strikeBytes, 0);
    if (isForgiven || this.blockedMs > 0) return;
    this.#blockedUntil = this.#clock() + limits.blockMs;
    this.#onblocked();
  }
}

function perMinute(count: number | undefined, clock: () => number): TokenBucket | undefined {
  return count === undefined ? undefined : new TokenBucket(count / 60, count, clock);
}
