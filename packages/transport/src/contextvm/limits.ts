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
  /** Frames of a transfer on their way at once: ContextVM's receivers put no more than 21 back into order. */
  transferWindow: 4,
  /** A peer that may wait for the frames is given this long for its `accept`; ContextVM's own often stay silent. */
  acceptTimeoutMs: 2_000,
  /** A peer whose frames do not follow waits for ours. */
  acceptAfterMs: 500,
  /** Text in one frame at least: a relay that takes less cannot carry MCP. */
  minChunkBytes: 512,
  /** What one frame has beside its text, escaped. */
  frameOverheadBytes: 256,
  /** Transfers of one client that are not finished: more than the large requests that a host sends at once. */
  maxTransfers: 16,
  /** What all of them hold: one message of the largest size, and others beside it. */
  maxTransferBytes: 16_777_216,
  /**
   * Failed transfers that are remembered, so that the rest of their frames is not taken for the beginning of others; and
   * how many of a peer's are answered within the time that one may stand still.
   */
  maxFailedTransfers: 64,
  /** No frame for so long: its sender is gone. Longer than a relay's restart. */
  transferIdleMs: 60_000,
  /** A transfer that is not whole after this never will be. ContextVM's receivers wait as long. */
  transferTimeoutMs: 300_000,
} as const;
