import { limits } from '../limits.ts';
import { TimeWindow } from '../time-window.ts';
import type { SeenIds } from './seen-ids.ts';

/**
 * `repeated`: it was executed. `unknown`: a process before this one may have executed it, and nobody has kept whether it
 * did.
 */
export type SeenVerdict = 'fresh' | 'repeated' | 'unknown';

/**
 * Keeps a request without a link from being executed twice: nothing but its event's id tells one from its repetition, and
 * relays bring each as often as they like, stored ones after a restart too.
 */
export class SeenRequests {
  /** Apart, so that strangers who fill theirs move the bound for strangers only. */
  readonly #known: TimeWindow<true> = new TimeWindow(limits.maxSeenRequests);
  readonly #strangers: TimeWindow<true> = new TimeWindow(limits.maxSeenRequests);
  readonly #kept: SeenIds | undefined;
  /** Seconds: what is stamped earlier may have been executed before this process began. */
  readonly #completeSince: number;

  /** `kept`: what outlives the process. */
  constructor(kept: SeenIds | undefined, nowSeconds: number) {
    this.#kept = kept;
    this.#completeSince = kept?.completeSince ?? nowSeconds;
  }

  /** Whether what is stamped so can be of now. */
  isTimely(createdAt: number, isKnown: boolean, nowSeconds: number): boolean {
    return this.#of(isKnown).isTimely(createdAt, nowSeconds);
  }

  check(id: string, createdAt: number): SeenVerdict {
    if (this.#known.has(id) || this.#strangers.has(id) || this.#kept?.has(id) === true) return 'repeated';
    return createdAt < this.#completeSince ? 'unknown' : 'fresh';
  }

  /** Seconds until what is stamped by the clock that gave this stamp is taken for new. */
  secondsUntilFresh(createdAt: number): number {
    return Math.max(0, this.#completeSince - createdAt);
  }

  /** It is about to be executed; `false`: another process does that. */
  add(id: string, createdAt: number, isKnown: boolean, nowSeconds: number): boolean {
    this.#of(isKnown).add(id, createdAt, true, nowSeconds);
    return this.#kept?.add(id, createdAt) ?? true;
  }

  #of(isKnown: boolean): TimeWindow<true> {
    return isKnown ? this.#known : this.#strangers;
  }
}
