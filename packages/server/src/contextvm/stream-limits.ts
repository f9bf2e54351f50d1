/** Every bound of open streams at the server, with its unit and its reason. */
export const streamLimits = {
  /**
   * Text of one chunk, escaped twice: with all around it it fits into the event that even a relay takes that has not said
   * yet how much. ContextVM's readers hold 64 chunks, and 512 KiB.
   */
  maxChunkBytes: 7_168,
  /** A client without a link that has said nothing on a stream for so long is asked whether it is there. */
  idleMs: 30_000,
  /** It has this long to answer; then its request is cancelled. */
  pongTimeoutMs: 20_000,
} as const;
