/** Every bound of messages without a link, with its unit and its reason. */
export const bareLimits = {
  /** Characters that wait to be sent to one peer: six messages of the largest size. */
  maxQueuedBytes: 67_108_864,
  /** Messages that wait to be sent to one peer: a slow signer must not collect a chatty server's notifications. */
  maxQueuedMessages: 4_096,
  /** What an event costs beside content and tags: id, keys, time, kind and signature as JSON. */
  eventOverheadBytes: 400,
  /** A relay's `mute:`, or a lost connection, is followed by another attempt after this. */
  retryMs: 500,
  /** `mute:` for this long: the peer is gone; its own reconnection takes less. */
  muteGraceMs: 5_000,
  /** A relay that says `rate-limited:` is left alone for this long, and twice as long the next time. */
  congestionPauseMs: 1_000,
  maxCongestionPauseMs: 8_000,
  /** An event that relays do not take for so long fails: nobody else will send it again. */
  offerTimeoutMs: 30_000,
  /** A large event may be what ends the connections of relays: it is not tried more often than this. */
  maxLosses: 3,
  /** How long a message in plain text waits for a relay: as long as one waits in a relay's queue. */
  reachTimeoutMs: 10_000,
} as const;
