import { limits } from './limits.ts';
import { TokenBucket } from './token-bucket.ts';

export interface LaneBounds {
  perMinute: number | undefined;
  atOnce: number | undefined;
}

/** Which bound a request is above. */
export interface Excess {
  reason: string;
  retryAfterMs: number;
}

/** Requests of one sort: how many in a minute, and how many under way. */
export class Lane {
  readonly #what: string;
  readonly #clock: () => number;
  #bounds: LaneBounds = { perMinute: undefined, atOnce: undefined };
  #minute: TokenBucket | undefined;
  #underWay = 0;
  /** When some were cancelled, whose handlers may be at work still. */
  #cancelledAt: number[] = [];

  /** `what`: for people. */
  constructor(what: string, clock: () => number) {
    this.#what = what;
    this.#clock = clock;
  }

  /** What is bounded as before is counted on. */
  set bounds(bounds: LaneBounds) {
    const { perMinute } = bounds;
    if (perMinute !== this.#bounds.perMinute) this.#minute = TokenBucket.perMinute(perMinute, this.#clock);
    this.#bounds = bounds;
  }

  /** Nothing in it that a new one would not have. */
  get isIdle(): boolean {
    return this.#minute?.isFull !== false;
  }

  get excess(): Excess | undefined {
    const { perMinute, atOnce = Infinity } = this.#bounds;
    const waitMs = this.#minute?.waitMs ?? 0;
    if (waitMs > 0)
      return { retryAfterMs: waitMs, reason: `this key may make ${perMinute} ${this.#what} per minute` };
    if (this.#underWay + this.#stopping() < atOnce) return undefined;
    const reason = `this key may have ${atOnce} ${this.#what} under way at once`;
    return { retryAfterMs: limits.callEndRetryMs, reason };
  }

  /** One begins; what is returned is called once when it is over, with whether it was cancelled. */
  begin(): (wasCancelled: boolean) => void {
    this.#minute?.take();
    this.#underWay++;
    return this.#ended;
  }

  readonly #ended = (wasCancelled: boolean): void => {
    this.#underWay--;
    if (wasCancelled && this.#bounds.atOnce !== undefined) this.#cancelledAt.push(this.#clock());
  };

  /** Those that count although nobody waits for them: else whoever cancels could have any number at work. */
  #stopping(): number {
    if (this.#cancelledAt.length === 0) return 0;
    const since = this.#clock() - limits.cancelledCountsMs;
    this.#cancelledAt = this.#cancelledAt.filter((at) => at > since);
    return this.#cancelledAt.length;
  }
}
