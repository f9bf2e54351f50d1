import { RelayStartError } from './start-error.ts';

/** Every bound of the relay, each with its unit. What a stranger can fill has one. */
export interface RelayLimits {
  /** A whole WebSocket message; a longer one ends the connection with 1009. */
  maxMessageBytes: number;
  /** One event as JSON. */
  maxEventBytes: number;
  maxEventTags: number;
  /** The first value of a single-letter tag: what filters compare and the store indexes. */
  maxTagValueBytes: number;
  maxSubscriptions: number;
  maxSubscriptionIdLength: number;
  maxFilters: number;
  /** All lists of one filter together. */
  maxFilterValues: number;
  /** All lists of all live filters of one connection together. */
  maxConnectionValues: number;
  /** Stored events that one filter returns at most, whatever its `limit`. */
  maxLimit: number;
  /** Stored events that a filter without `limit` returns at most. */
  defaultLimit: number;
  /** How far ahead of the relay's clock an event may be. */
  maxFutureSeconds: number;
  /** How old a signed JSON-RPC message (kind 25910) may be. */
  maxMessagePastSeconds: number;
  /** How old any other ephemeral event may be. Stored kinds may be of any age. */
  maxEphemeralPastSeconds: number;
  /** Events of one connection, on average. */
  eventsPerSecond: number;
  eventBurst: number;
  /** Filters of one connection, on average: a REQ counts as many as it carries. */
  filtersPerSecond: number;
  filterBurst: number;
  /** What an event with a wrong id or signature counts against `eventsPerSecond`. */
  forgedEventCost: number;
  maxConnections: number;
  maxConnectionsPerIp: number;
  maxStoredEvents: number;
  /** Stored events as JSON, and 256 bytes for each place that they take in an index. */
  maxStoredBytes: number;
  /** Output that a reader may owe before stored events wait for it. */
  softPendingBytes: number;
  /** Output that a reader may owe before its connection is cut. */
  maxPendingBytes: number;
  /** Ids of delivered ephemeral events that are remembered, so that none is delivered twice. */
  maxRecentIds: number;
  recentIdMs: number;
  pingIntervalMs: number;
  maxMissedPongs: number;
  /** How long a closing relay waits for the goodbye of its connections. */
  closeGraceMs: number;
}

/** The bounds of a relay that was given none, each with its reason. */
export const defaultLimits: Readonly<RelayLimits> = {
  // Twice the event, so that a REQ with a few full lists fits as well.
  maxMessageBytes: 524_288,
  // A full NIP-44 payload makes an event of 88 KiB; messages in plain text may be larger.
  maxEventBytes: 262_144,
  // The largest contact lists have about so many; an MCP event has fewer than ten.
  maxEventTags: 2000,
  // A NIP-33 address with a long `d`; every value is a key of the index.
  maxTagValueBytes: 1024,
  // A client of ours needs one to three, a web application some dozens.
  maxSubscriptions: 100,
  // NIP-01.
  maxSubscriptionIdLength: 64,
  maxFilters: 20,
  // A follow list of `authors`.
  maxFilterValues: 2000,
  // Every value is an entry of the index: this keeps a connection's share at some megabytes.
  maxConnectionValues: 20_000,
  maxLimit: 500,
  defaultLimit: 500,
  // 15 minutes is what relays commonly allow a wrong clock.
  maxFutureSeconds: 900,
  // As far back as ahead: a client whose clock is slow must reach the server, which tells it the time.
  maxMessagePastSeconds: 900,
  // NIP-59 dates wraps up to two days back.
  maxEphemeralPastSeconds: 172_800,
  // One server may answer for everybody over a single connection: the default is about what one core can verify,
  // so it stops floods and not work. An open, public relay sets it lower.
  eventsPerSecond: 5000,
  eventBurst: 10_000,
  filtersPerSecond: 50,
  filterBurst: 200,
  // A forged event costs its sender nothing and the relay a verification: 50 a second and no more.
  forgedEventCost: 100,
  // Below 20 KiB each when they are idle.
  maxConnections: 10_000,
  // An office behind one address. Behind a reverse proxy all share one: set it to `maxConnections` there.
  maxConnectionsPerIp: 200,
  maxStoredEvents: 100_000,
  maxStoredBytes: 268_435_456,
  softPendingBytes: 1_048_576,
  // Seconds of traffic for a reader that is slow, the whole cost of one that is stuck.
  maxPendingBytes: 8_388_608,
  maxRecentIds: 100_000,
  // Longer than any peer keeps offering the same event.
  recentIdMs: 600_000,
  // Shorter than the minute after which proxies and NATs forget a silent connection.
  pingIntervalMs: 30_000,
  maxMissedPongs: 2,
  closeGraceMs: 1000,
};

/** The defaults with what was given in their place. @throws {RelayStartError} `bad_option` */
export function resolveLimits(given: Partial<RelayLimits> = {}): RelayLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultLimits, name)) {
      throw new RelayStartError(
        'bad_option',
        `there is no limit called ${name}; see RelayLimits for their names`,
      );
    }
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new RelayStartError(
        'bad_option',
        `the limit ${name} is ${value}; give it a whole number above 0`,
      );
    }
  }
  return { ...defaultLimits, ...given };
}
