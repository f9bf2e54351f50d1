/** Every bound of this package, with its unit and its reason. */
export const limits = {
  /** A relay's answer that is larger is not even parsed: no relay in use declares more. */
  maxRelayMessageBytes: 1_048_576,
  /**
   * A WebSocket message above this ends the connection. Far more than the bound above: one event that a stranger
   * got past a generous relay is dropped and must not cut us off.
   */
  maxSocketMessageBytes: 16_777_216,
  /** A TCP connection and TLS and the upgrade, over a slow mobile link. */
  socketOpenTimeoutMs: 10_000,
  /** The first wait before a new attempt is below this; it doubles with each failure. */
  reconnectMinMs: 250,
  /**
   * While a relay has not been away for long it is used within its first second: the rest of that second is for the
   * attempt before, if it is slow to fail, and for the opening of the one that succeeds.
   */
  reconnectSoonMaxMs: 750,
  /** A restart and an upgrade take less than this; what is away for longer is asked ever more seldom. */
  reconnectSoonForMs: 300_000,
  /** A relay that comes back after a night is found within half a minute. */
  reconnectMaxMs: 30_000,
  /** An attempt that an event waits for comes no later than this after the one before, and no sooner for it either. */
  reconnectAwaitedMs: 1_000,
  /**
   * The loss of a connection that lived this long is a new one, with the shortest wait. One that is cut off sooner
   * each time, as by a relay that does not want us, counts as failing on.
   */
  reconnectResetMs: 5_000,
  /** NATs forget idle connections after a minute or more; a ping well before that keeps them and finds the dead. */
  idlePingMs: 25_000,
  /** How long after a ping a connection may stay silent before it is taken for dead. */
  pongTimeoutMs: 10_000,
  /** A relay that sends no EOSE must not keep us from publishing for ever. */
  eoseTimeoutMs: 4_000,
  /** How long a relay that demands AUTH may take for its challenge, and for the OK to our answer. */
  authTimeoutMs: 4_000,
  /** Some relays send no OK for ephemeral events: after this a message the socket took counts as sent. */
  okTimeoutMs: 2_000,
  /** An event that no relay took for this long fails, well before the 15 s in which a host wants an answer. */
  publishTimeoutMs: 10_000,
  /** Events that wait for one relay; the oldest fails when more come. */
  maxQueuedEvents: 1_000,
  /** Bytes that wait for one relay, so that a dead one costs no more than this. */
  maxQueuedBytes: 8_388_608,
  /** A relay that has not said yet what it takes is given no larger frame: it fits into the least that one in use declares. */
  smallFrameBytes: 8_192,
  /** The information document (NIP-11) is small and optional. */
  informationTimeoutMs: 3_000,
  /** A relay that takes smaller frames only is left out where there is another. */
  leastFrameBytes: 4_096,
  /** An information document above this is none. */
  maxInformationBytes: 65_536,
  /** Stored events that a query takes from one relay: what more comes is a flood and no answer. */
  maxQueriedEvents: 500,
  /** Ids remembered in one generation of two: with 1,000 frames a second this covers the freshness window. */
  recentIds: 100_000,
  /** A signer may have to ask a person, who may have to look for the window. */
  signerTimeoutMs: 120_000,
  /** Decryptions under way at once: a remote signer answers slowly, and strangers can send without end. */
  maxDecrypting: 256,
  /** Recipients for whom the next wrap's key is kept ready: the ones that are being answered. */
  maxPreparedWraps: 128,
  /** Parts that share the key of their wraps, and for how long: a key must not become a name. */
  wrapSeries: 64,
  wrapSeriesMs: 1_000,
} as const;
