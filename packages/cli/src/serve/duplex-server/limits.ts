/** Every bound of the way to a server that speaks SSE or WebSocket, with its unit and its reason. */
export const limits = {
  /** Of one message of the server: what a connection over Nostr carries. */
  maxMessageBytes: 10_485_760,
  /** Requests of one connection that are not answered, and as many other messages that wait for the way. */
  maxCalls: 256,
  /** Messages on their way to the relays; above this the server has to wait. */
  maxSending: 64,
  /** What a server does not read; above this it is taken for stuck. */
  maxUnreadBytes: 33_554_432,
  /** A server that has not taken a connection in this time is taken for unreachable. */
  openTimeoutMs: 10_000,
  /** What follows a notification waits for its reception, so that their order stays; but not for ever. */
  receptionTimeoutMs: 10_000,
  /** A session that is begun anew has its `initialize` answered in this time, or is tried again. */
  replayTimeoutMs: 10_000,
  /** A WebSocket that answers no ping for this long is dead; who is between gives up after a minute of silence. */
  pingMs: 25_000,
  /** The next attempt to connect comes after full jitter below a bound that doubles. */
  minRetryMs: 250,
  maxRetryMs: 30_000,
  /** A connection that has lived for so long was a good one: the bound starts again. */
  goodAfterMs: 60_000,
} as const;
