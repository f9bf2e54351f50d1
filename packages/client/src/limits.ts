/** Every bound of the client, with its unit and its reason. */
export const limits = {
  /** A person waits this long for "nobody there"; with the relay lookup it stays below 15 s. */
  openTimeoutMs: 11_000,
  /** An unanswered opening is sent again after this; the wait doubles. */
  openRetryMs: 1_000,
  /** Asking for the relays of a bare key. */
  lookupTimeoutMs: 3_000,
  /** More relays than this in an address or a relay list are not used: each costs a socket and a copy. */
  maxRelays: 8,
  /** How long a reset from another process of the server waits for the word of the one we talk to. */
  resetProbeMs: 2_000,
  /** `close()` gives its `bye` this long to leave. */
  byeTimeoutMs: 1_000,
} as const;
