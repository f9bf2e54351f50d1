/** Every bound of discovery, with its unit and its reason: whoever announces a server is a stranger. */
export const discoveryLimits = {
  /** Servers in a result unless the caller wants others: more than anybody reads. */
  defaultServers: 100,
  /** What one relay may take to say what it has. */
  timeoutMs: 5_000,
  /** Announcements asked for at once; relays commonly answer with 100 to 500. */
  pageEvents: 200,
  /** Servers that one relay can put up for a search: it costs nothing to announce a thousand. */
  maxServersPerRelay: 1_000,
  /** Requests for pages to one relay, which may answer with as little as it likes. */
  maxPages: 20,
  /** Servers whose lists are asked for at once: with seven events of each, relays that return 500 return all. */
  detailsAtOnce: 60,
  /** Events taken of one relay in one answer to that. */
  maxDetails: 1_500,
  /** Characters taken of one relay in all: the lists of a thousand servers with fifty tools each have half as many. */
  maxRelayLength: 33_554_432,
  /** Deletions kept of one key: a withdrawal is one, and old ones do no harm. */
  maxDeletions: 16,
  /** Relays in an address, which people copy; a client finds the others by the server's relay list. */
  maxAddressRelays: 3,
  /** Relays asked: each is a socket. */
  maxRelays: 16,
  /** Servers asked at the same time whether they are there. */
  aliveAtOnce: 6,
  /** What a server may take to answer: a handshake over slow relays, and the second try of an opening. */
  aliveTimeoutMs: 6_000,
} as const;
