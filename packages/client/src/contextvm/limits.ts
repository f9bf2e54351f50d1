/** Every bound of the client towards peers without link, with its unit and its reason. */
export const bareClientLimits = {
  /**
   * A server that answers neither requests nor pings for this long is gone, or cut off: before the 60 s after which the
   * SDKs give up, who would not say that the outcome is unknown.
   */
  silenceMs: 45_000,
  /** The same for a way that comes and goes, and with it the time: from the first ping that was not answered. */
  maxSilenceMs: 90_000,
  /** A server that was never heard: as long as an opening waits. */
  firstSilenceMs: 11_000,
  /** While something is waited for, a server that was not heard for this long is asked whether it lives. */
  pingMs: 10_000,
  /** The same while only news of a subscription are waited for. */
  newsPingMs: 60_000,
  /** And while it was never heard. */
  firstPingMs: 500,
  /** Pings whose answers would be understood: a server that says much may still answer none of them. */
  maxPings: 16,
  /** A harmless request is sent again after this, then after twice as long: its answer may have been lost. */
  resendMs: 4_000,
  maxResendMs: 30_000,
  /** Characters: what would travel in parts is not sent twice. */
  maxResendLength: 32_768,
  /** A harmless request whose answer in parts did not come whole is sent again so often: some servers never send one. */
  maxLostAnswers: 2,
  /** Requests of the server that wait for our answer; the oldest is forgotten when more come. */
  maxAsked: 256,
  /** Openings and knocks whose answers would be understood: those of a few attempts. */
  maxOpenings: 64,
  /**
   * Of the openings that are signed while the server is not heard (after 0.5, 1.5, 2.5 s and so on), those that are
   * followed by a knock. Relays keep gift wraps of kind 1059: three are enough.
   */
  knocksAt: [2, 4, 8] as readonly number[],
  /**
   * How far ahead of our clock a knock is dated. A peer asks relays for what is newer than its start, which a slow clock
   * of ours may not have reached. Relays take 15 minutes, and our own servers 60 s.
   */
  knockAheadSeconds: 30,
  /** No server's clock is followed further than this: relays refuse what lies 15 minutes ahead. */
  maxAheadSeconds: 600,
  /** When a server that is not heard is looked up: the signing of this opening, and how long relays may take. */
  lookupAt: 3,
  lookupTimeoutMs: 3_000,
  /** Progress of our own while a request is paid for: twice within the SDKs' time-out of 60 s. */
  paymentBeatMs: 30_000,
  /** A server that does not say how long it waits for a payment waits for so long, as ContextVM's do. */
  defaultPaymentMs: 300_000,
  /** And no longer whatever it says: nobody looks at an invoice of yesterday. */
  maxPaymentMs: 3_600_000,
  /** A server that has not seen a payment yet is asked again after what it says, within these. */
  minPaymentRetryMs: 1_000,
  maxPaymentRetryMs: 30_000,
} as const;
