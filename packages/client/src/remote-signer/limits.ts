/** Every bound of the way to a remote signer, with its unit and its reason. */
export const limits = {
  /** A person may have to find the telephone first. Less than the transport waits for a signer: this error says more. */
  requestTimeoutMs: 110_000,
  /** A person who has to sign in on a page first. */
  authTimeoutMs: 300_000,
  /** A person who reads a code, starts an app and approves. */
  offerTimeoutMs: 300_000,
  /**
   * A request that a relay took and that is not answered goes out again after this, then after twice as long: relays
   * lose ephemeral events, but some signers ask their owner once for each copy.
   */
  resendMs: 10_000,
  maxResendMs: 60_000,
  /** One that found nobody listening, or no relay, goes out again after this, then after twice as long. */
  absentRetryMs: 1_000,
  maxAbsentRetryMs: 10_000,
  /** A relay that comes and goes must not make a copy each time. */
  leastResendMs: 1_000,
  /** `switch_relays` is younger than most signers, and some do not answer what they do not know. */
  switchTimeoutMs: 3_000,
  /** How soon a signer has to answer on the relays that it asked for. */
  switchedTimeoutMs: 10_000,
  /** After a connect whose answers were lost: whether the signer knows us. */
  knownTimeoutMs: 10_000,
  /** How long the relays stay connected when nothing is asked any more: a person who has approved may be asked again. */
  idleMs: 60_000,
  /** Requests under way at once. */
  maxPending: 256,
  /** Answers of strangers to an offer: each costs a multiplication on the curve. */
  maxOfferAnswers: 256,
  /** Relays beyond this are not used: each costs a socket and a copy. */
  maxRelays: 8,
  /** An address of a remote signer with eight relays is far below. */
  maxUriLength: 4_000,
  /** A page to sign in on. */
  maxUrlLength: 2_000,
  /** What is shown of a signer's own words. */
  maxWordsLength: 200,
} as const;

/** The waits that differ from the usual ones, in milliseconds; their reasons are above. */
export type RemoteTiming = Record<
  | 'requestTimeoutMs'
  | 'authTimeoutMs'
  | 'offerTimeoutMs'
  | 'resendMs'
  | 'absentRetryMs'
  | 'leastResendMs'
  | 'switchTimeoutMs'
  | 'switchedTimeoutMs'
  | 'knownTimeoutMs',
  number
>;

/** The usual waits, with what was given in their place. */
export function remoteTiming(given: Partial<RemoteTiming> = {}): RemoteTiming {
  return { ...limits, ...given };
}
