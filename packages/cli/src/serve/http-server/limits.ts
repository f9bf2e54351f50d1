/** Every bound of the gateway to an HTTP server, with its unit and its reason. */
export const limits = {
  /** Of one message of the HTTP server: what a connection over Nostr carries. */
  maxMessageBytes: 10_485_760,
  /** Requests of one connection on their way at once, and as many notifications and answers. */
  maxExchanges: 256,
  /** A server that takes no TCP connection in this time is taken for unreachable. */
  connectTimeoutMs: 10_000,
  /** A broken stream is resumed no sooner, whatever the server asks for: it must not make us spin. */
  minRetryMs: 100,
  /** And no later: a timer of more than 2^31 ms would fire at once, and somebody waits. */
  maxRetryMs: 300_000,
  /** A request's stream that cannot be resumed so often in a row is lost: about a quarter of a minute. */
  resumeAttempts: 5,
  /** A server ends the stream of an answered request by itself; only one that does not is cut off. */
  lingerMs: 1_000,
  /** What follows a notification waits for its reception, so that their order stays; but not for ever. */
  receptionTimeoutMs: 10_000,
  /** So long the first request of a session waits for the stream of the server's own messages. */
  streamOpenTimeoutMs: 2_000,
  /** The farewell to a session (DELETE): the process that ends leaves no more time. */
  farewellTimeoutMs: 1_500,
  /** The question at the start whether there is anybody. */
  checkTimeoutMs: 5_000,
  /** Pages of `tools/list` that are read for the sake of headers. */
  maxToolPages: 20,
  /** And how long they are waited for: a call that somebody makes matters more. */
  learningTimeoutMs: 5_000,
  /** Tools whose headers are remembered for one connection. */
  maxTools: 2_000,
} as const;
