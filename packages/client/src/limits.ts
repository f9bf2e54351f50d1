/** Every bound of the client, with its unit and its reason. */
export const limits = {
  /** How long a session lasts if nobody says otherwise: a person is asked once a day. */
  sessionSeconds: 86_400,
  /** A grant in use is replaced this long before it ends, and no sooner than in the last tenth of its time. */
  renewBeforeSeconds: 600,
  /**
   * A server that refuses one grant after the other has nobody asked for more of them: the identity is let alone for
   * this long, each time for longer. A grant that lived for the longest of these times begins anew.
   */
  askAgainMs: 1_000,
  maxAskAgainMs: 600_000,
  /** A grant that is not made yet takes no more of an opening than this. */
  grantBytes: 2_048,
  /** Asking for the relays of a bare key. */
  lookupTimeoutMs: 3_000,
  /** More relays than this in an address or a relay list are not used: each costs a socket and a copy. */
  maxRelays: 8,
  /** How long a reset from another process of the server waits for the word of the one we talk to. */
  resetProbeMs: 2_000,
  /** A refusal by the clock counts only when it asks for another time than the one stamped already. */
  clockToleranceSeconds: 10,
  /** What cannot be sent for want of a relay fails after this: a relay that is started again takes less. */
  unreachableMs: 10_000,
  /** Connections in a row that a server ends without an answer before what waits fails. */
  maxLosses: 3,
  /** A connection that lived this long was no hopeless one. */
  lossMemoryMs: 60_000,
  /** A session with subscriptions is taken up again within this, so that not all clients come at once. */
  reopenMs: 1_000,
  maxReopenMs: 60_000,
  /** Connections that are over and whose `bye` waits for a relay. */
  maxLeaving: 4,
  /** `close()` gives its `bye` this long to leave. */
  byeTimeoutMs: 1_000,
} as const;
