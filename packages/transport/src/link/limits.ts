/** Every bound of the link, with its unit and its reason. */
export const linkLimits = {
  /** What MCP's stdio binding reads at most in both SDKs; images and audio travel as base64 in results. */
  maxMessageBytes: 10_485_760,
  /** Frames that may be unacknowledged: the receiver holds twice as many beyond a gap. */
  windowFrames: 256,
  /** Bytes that may be unacknowledged: 10 MB/s over a way of 100 ms, and far below what a relay queues for a reader. */
  maxWindowBytes: 1_048_576,
  /** Where a window starts, and what is left of it when relays say `rate-limited:` again and again. */
  firstWindowBytes: 524_288,
  minWindowBytes: 65_536,
  /** Of a frame beside its content: keys, id, signature and tags, held ranges included. */
  frameOverheadBytes: 1_536,
  /** A relay that does not take even this much content cannot carry MCP. */
  minContentBytes: 512,
  /** No relay in use ends a connection over a frame with so much content. */
  harmlessContentBytes: 6_144,
  /**
   * A larger frame with which the way was lost so often, each attempt counted and no relay taking it in between, is what
   * breaks it: a relay may cut whoever sends more than it takes, without having said how much that is. Restarts in a row
   * do not come to this.
   */
  maxFrameLosses: 6,
  /** Messages that are in parts at the same time. */
  maxInParts: 16,
  /** All that waits to be sent on one connection. A peer that takes nothing must not fill our memory. */
  maxQueuedBytes: 67_108_864,
  /** Frames held beyond a gap: with twice the window of our own senders nothing honest is ever turned away. */
  maxHeldFrames: 512,
  maxHeldBytes: 2_097_152,
  /** Unfinished messages of all connections of an endpoint together. */
  maxUnfinishedBytes: 67_108_864,
  /** What keeping one part costs beside its text. */
  partOverheadBytes: 64,
  /** A frame without a request is acknowledged by itself after this: an answer, or a later frame, may carry it. */
  ackDelayMs: 200,
  /** One with a request after this: most answers come sooner and carry it. */
  requestAckDelayMs: 500,
  /** The opening after this: the client sends nothing else until it has heard us. */
  openingAckMs: 50,
  /** Received bytes that are acknowledged at once, so that a large transfer flows: a quarter of the window. */
  ackAfterBytes: 262_144,
  /**
   * How long an acknowledgement may take beyond its delay: before anything is known, and at least and at most. Whoever
   * asks sooner than an overloaded peer can answer makes the overload last.
   */
  firstTimeoutMs: 1_000,
  minTimeoutMs: 100,
  maxTimeoutMs: 4_000,
  /** What is answered once in a round trip is answered no more often than this. */
  minRoundTripMs: 20,
  /** What a probe, and what an acknowledgement that shows a gap, sends again at once: the first of it. */
  probeBytes: 65_536,
  resendBytes: 262_144,
  /** While nobody listens a probe goes out at this interval. */
  muteRetryMs: 500,
  /** `mute:` from all relays for this long: the peer is gone; its own reconnection takes less. */
  muteGraceMs: 5_000,
  /** Probes without an answer for this long although relays take them: the server is dead, hangs, or is cut off. */
  silenceMs: 20_000,
  /** The same for a way that comes and goes, and with it the time. */
  maxSilenceMs: 120_000,
  /** A client's probes in silence are at most this far apart. */
  clientProbeMs: 4_000,
  /** A server's, and for how long it tries: then its client is taken for gone until it is heard. */
  serverProbeMs: 30_000,
  serverPatienceMs: 120_000,
  /** No relay can be reached for this long: what was sent has an unknown outcome. As long as the SDKs wait. */
  unreachableMs: 60_000,
  /** A person waits this long for "nobody there"; with the relay lookup it stays below 15 s. */
  openTimeoutMs: 11_000,
  /** An unanswered opening is signed anew after this, then at twice the interval. */
  openRetryMs: 500,
  /** A request under way whose server is not heard: it is asked this often whether it lives. */
  requestProbeMs: 15_000,
  /** The same for an idle connection with subscriptions, growing to the longest. */
  idleProbeMs: 30_000,
  maxIdleProbeMs: 300_000,
  /** A relay that says `rate-limited:` is left alone for this long, and twice as long the next time. */
  congestionPauseMs: 1_000,
  maxCongestionPauseMs: 8_000,
  /** A signer that failed to sign an answer is asked again after this, then after twice as long. */
  signPauseMs: 1_000,
  maxSignPauseMs: 30_000,
  /** How long a `bye` waits for the frames that it has overtaken. */
  byeGraceMs: 1_000,
} as const;
