/** Every bound of the listener, with its unit and its reason. */
export interface Limits {
  /** The largest message that fits through Nostr; more would be refused there. */
  maxBodyBytes: number;
  /**
   * Sessions of MCP 2025-11-25 and earlier, and clients over SSE and WebSocket: each is a Nostr connection, of which a
   * server takes 32 from one key.
   */
  maxSessions: number;
  /** A session that no request, stream or message has used for so long ends; most hosts never say DELETE. */
  sessionIdleMs: number;
  /** How often the idle are looked for. */
  sweepMs: number;
  /** HTTP requests that are open at once, streams included; and requests of one client over SSE or WebSocket. */
  maxOpenRequests: number;
  /** What waits on one way to a client that does not read: two of the largest messages. */
  maxUnreadBytes: number;
  /** Nostr connections for MCP 2026-07-28 and later, one for each protocol version that clients claim. */
  maxRevisions: number;
  /** Comments on a silent stream, pings on a WebSocket: who is between gives up after a minute or two without a byte. */
  keepAliveMs: number;
  /** What is being written when the listener closes gets this long. */
  closeGraceMs: number;
}

/** Every bound of the listener; tests take smaller ones. */
export const limits: Readonly<Limits> = {
  maxBodyBytes: 10_485_760,
  maxSessions: 24,
  sessionIdleMs: 30 * 60_000,
  sweepMs: 60_000,
  maxOpenRequests: 512,
  maxUnreadBytes: 20_971_520,
  maxRevisions: 4,
  keepAliveMs: 15_000,
  closeGraceMs: 250,
};
