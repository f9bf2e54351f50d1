/** Every bound of the server, with its unit and its reason. */
export const limits = {
  /** Each connection is an MCP server of its own, with a child process where a command is served. */
  maxConnections: 100,
  /** One key may run several programs, but not take all the room. */
  maxConnectionsPerKey: 32,
  /** Requests of one connection under way at once; a client that needs more waits. */
  maxRequestsPerConnection: 512,
  /** Ids of connections that ended, kept until their opening is too old to be taken again. */
  maxClosedConnections: 20_000,
  /**
   * Requests without a link whose events are remembered, of known keys and of strangers each: 277 a second for the whole
   * freshness window, in 10 MB.
   */
  maxSeenRequests: 50_000,
  /** Refusals in a second, and as many resets: each costs two signatures and an event on every relay. */
  refusalsPerSecond: 20,
  refusalBurst: 40,
  /**
   * New connections in a second: each makes an MCP server, perhaps a process. Within the window in which an opening
   * is taken (180 s) they stay below `maxClosedConnections`.
   */
  openingsPerSecond: 50,
  openingBurst: 200,
  /** Of connections and of rates that all share strangers can take this part; the rest is for known keys. */
  strangersShare: 0.75,
  /** Refusals of one key: enough for a few programs that ask again each second, not for one that floods. */
  refusalsPerKeyPerSecond: 2,
  refusalsPerKeyBurst: 10,
  /** Keys of which is remembered how often they were refused. */
  maxRefusedKeys: 1_000,
  /**
   * Requests that a key may send although it may not for now: as many as a program can have sent before it hears of
   * it, and then a few. A large one counts for several, one more for each `strikeBytes`. With one too many the key is
   * not served for `blockMs`.
   */
  strikesPerSecond: 2,
  strikeBurst: 512,
  strikeBytes: 65_536,
  blockMs: 30_000,
  /**
   * A key whose calls are bounded may ask for lists and the like as often as it may call, and no less often than this:
   * a host asks for all lists at its start, and again when they change; a session that is taken up again subscribes to
   * all its resources together, and nobody would subscribe again to one that was refused.
   */
  minChoresPerMinute: 60,
  minChoresAtOnce: 60,
  /** Of a key that may have so many calls at once one ends within about this. */
  callEndRetryMs: 1_000,
  /** The longest time that is named to one that may not for now; a bound of 0 has no end. */
  maxRetryMs: 86_400_000,
  /** A handler takes a moment to hear that its call was cancelled; so long it counts as one under way. */
  cancelledCountsMs: 5_000,
  /** Bytes that were sent before they could be counted are owed, up to what so many minutes allow. */
  maxOwedMinutes: 10,
  /** Keys whose use is remembered: after a minute a key is as good as new, and they come at `openingsPerSecond`. */
  maxKeyUsages: 5_000,
  /** A hook that decides about each message holds up what follows on its connection; then the message is refused. */
  authorizeTimeoutMs: 10_000,
  /** Work under way protects a connection only while its client was heard within this. */
  workProtectsMs: 600_000,
  /** A connection is told at most this often that it is not known. */
  resetIntervalMs: 1_000,
  /** Connections of which is remembered when that was. */
  maxRememberedResets: 1_000,
  /**
   * Resets of one connection after each of which its client took more from another process: that one lives. What a
   * process that died has sent arrives within less time.
   */
  rivalResets: 6,
  /** How often that is said. */
  rivalNoticeMs: 60_000,
  /** How often connections are looked through for clients that are gone. */
  sweepMs: 60_000,
  /** An answer that was not acknowledged protects it for as long as it is offered. */
  answerProtectsMs: 120_000,
  /** An answer waits no longer for relays to take what was said before it: most take an event in less. */
  answerBehindNewsMs: 500,
  /** Messages that wait while the MCP server is being made. */
  maxEarlyMessages: 1_000,
  /** And what they may be together: one large message and some more. */
  maxEarlyBytes: 16_777_216,
  /**
   * Grants of which the signature is checked in a second, of identities that the policy knows and of others: as many as
   * openings, and fewer of those whom nobody knows, so that a flood costs no more than it does without grants.
   */
  knownGrantsPerSecond: 50,
  knownGrantBurst: 200,
  strangeGrantsPerSecond: 20,
  strangeGrantBurst: 40,
  /**
   * Of them in the name of one identity that is known: anybody can forge one in the name of a key, and must not shut out
   * those of all others by it. As many as one that starts all its programs at once.
   */
  grantsPerIdentityPerSecond: 5,
  grantsPerIdentityBurst: 32,
  /** Revocations of one identity: each may be written to a disk. */
  revocationsPerSecond: 1,
  revocationBurst: 5,
  /** Grants remembered with the outcome, of both sorts each: a client shows the same one again and again. */
  maxRememberedGrants: 1_000,
  /** Keys in a book of access, and as many that it denies: more is no list that a person keeps. */
  maxListedKeys: 10_000,
  maxInvites: 1_000,
  /** Keys that one invite lets in: each is kept with it. */
  maxInviteUses: 1_000,
  /** Invites are drawn for the near future; a link that lies around for longer is found by others. */
  maxInviteSeconds: 31_536_000,
  /** Patterns of one sort in one key's rules: each name is compared with all. */
  maxRulePatterns: 64,
  /** Scopes of a key, and the characters of one. */
  maxScopes: 64,
  maxScopeLength: 256,
  /** Characters of the name that an operator gives to a key. */
  maxKeyNameLength: 200,
  /** Keys whose revocations are kept. */
  maxRevokingKeys: 10_000,
  /** Sessions of one key revoked one by one; with one more all that it had granted until then are. */
  maxRevokedSessions: 32,
  /** A revocation is kept until no grant before it can be valid: these live for 30 days at most, and clocks differ. */
  revocationSeconds: 2_764_800,
  /** What is announced is asked of the MCP server: a program that is fetched first takes its time. */
  ownAnswerMs: 60_000,
  /** One that has never heard of `server/discover` may say nothing at all. */
  ownDiscoverMs: 10_000,
  /** Pages of one list, and its characters of JSON, that are announced: relays take no events of megabytes. */
  maxAnnouncedPages: 100,
  maxAnnouncedChars: 1_048_576,
  /** A larger event goes over a connection of its own: relays that say nothing of a limit take 64 KiB. */
  announceAloneBytes: 60_000,
  /** Changes that come together are announced once; and not more often than so. Relays bound what a key may publish. */
  announceDelayMs: 200,
  announcesPerMinute: 4,
  announceBurst: 4,
  /** A relay that does not say within this what it has of the announcement is taken to have nothing. */
  announceQueryMs: 5_000,
  /** A relay that is not there after this is left out when announcements are taken back. */
  unannounceTimeoutMs: 10_000,
  /** A relay that does not take an announcement now, and an MCP server that has ended, are tried again after this. */
  announceRetryMinMs: 30_000,
  announceRetryMaxMs: 3_600_000,
  /** Former keys on which the server answers: each is a connection more to every relay. */
  maxPredecessors: 8,
  /** `close()` gives the last frames this long to leave. */
  closeTimeoutMs: 1_000,
  /** `close()` waits this long for the MCP servers to end: a child that has to be killed takes less. */
  serverCloseTimeoutMs: 10_000,
} as const;
