/** Every bound of open streams at the client, with its unit and its reason. */
export const streamLimits = {
  /** Streams at the same time: more than the calls that a host has under way. */
  maxStreams: 64,
  /** What has come and is not read yet. The wire has no way to slow a server down, so a reader that is slower ends. */
  maxUnreadBytes: 8_388_608,
  /** A server without a link that has said nothing on a stream for so long is asked whether it is there. */
  idleMs: 30_000,
  /** It has this long to answer. */
  pongTimeoutMs: 20_000,
  /** What a relay has mixed up may come after the answer, where there is no link. */
  graceMs: 5_000,
  /** A server that may hold an answer back for a stream hears after this that none is wanted, then after four times as long. */
  declineMs: 50,
  /** And no more seldom than this, which timers can still count. */
  maxDeclineMs: 3_600_000,
} as const;
