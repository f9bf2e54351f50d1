import { limits } from './limits.ts';
import type { Applicant, Permission } from './policy.ts';
import { Refusals } from './refusals.ts';
import { ReservedBucket } from './reserved-bucket.ts';

/** Why somebody is not let in. */
export interface Reason {
  code: string;
  /** When it is worth trying again. */
  retryAfterMs?: number | undefined;
}

export interface EntranceOptions {
  /** Whether keys that the policy denies are told so. */
  refusals: 'answer' | 'silent';
  /** From 0 to 1: what strangers can use of what all share. */
  strangersShare: number;
  /** The server has another key: whoever may open a connection is told so instead. */
  hasMoved?: boolean | undefined;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** Whether a connection of this key can be had, if need be by ending an idle one. */
  makeRoom: (pubkey: string, isKnown: boolean) => boolean;
  /** Milliseconds that a key is not served for, since it went on beyond its bounds; 0 when it is. */
  blockedMs: (pubkey: string) => number;
  /** Somebody was not let in, whether it was told so or not. */
  onrefused?: ((applicant: Applicant, code: string) => void) | undefined;
}

/** Room and rates that all who come share, in whatever way they come. */
export class Entrance {
  readonly #options: EntranceOptions;
  readonly #refusals: Refusals;
  readonly #admissions: ReservedBucket;

  constructor(options: EntranceOptions) {
    const { clock, strangersShare } = options;
    const { openingsPerSecond, openingBurst } = limits;
    this.#options = options;
    this.#refusals = new Refusals(clock, strangersShare);
    this.#admissions = new ReservedBucket(openingsPerSecond, openingBurst, clock, strangersShare);
  }

  /** What is in the way of one more connection of somebody whom the policy permits it; undefined: there is room. */
  obstacle({ pubkey }: Applicant, { isKnown }: Permission): Reason | undefined {
    const { hasMoved, blockedMs, makeRoom } = this.#options;
    if (hasMoved === true) return { code: 'moved' };
    const retryAfterMs = blockedMs(pubkey);
    if (retryAfterMs > 0) return { code: 'rate_limited', retryAfterMs };
    return this.#admissions.take(isKnown) && makeRoom(pubkey, isKnown) ? undefined : { code: 'busy' };
  }

  /** Whether one whom the policy denies is told why. */
  deny(applicant: Applicant, code: string): boolean {
    // Who has taken sessions back may call: it is no stranger who hears that.
    if (this.#options.refusals !== 'silent' || code === 'revoked') return this.refuse(applicant, code, false);
    this.#options.onrefused?.(applicant, code);
    return false;
  }

  /** The same of one who asks only whether anybody is here, which is nothing to report. */
  denyQuietly(applicant: Applicant): boolean {
    return this.#options.refusals !== 'silent' && this.mayAnswer(applicant, false);
  }

  /** Whether one who is not let in for another reason is told so. */
  refuse(applicant: Applicant, code: string, isKnown: boolean): boolean {
    this.#options.onrefused?.(applicant, code);
    return this.mayAnswer(applicant, isKnown);
  }

  /** Whether something goes to somebody without a connection now. */
  mayAnswer({ pubkey }: Applicant, isKnown: boolean): boolean {
    return this.#refusals.take(pubkey, isKnown);
  }
}
