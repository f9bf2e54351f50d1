/** Every bound of a joined connection, with its unit and its reason. */
export const limits = {
  /** Each is a connection with relays of its own, and a host can hardly use the tools of more. */
  maxUpstreams: 32,
  /** What is not there by then is left out of an answer and follows as list_changed: hosts show nothing meanwhile. */
  waitMs: 2_500,
  /** Of one list of one server: a page that names itself as the next would never end. */
  maxPages: 100,
  maxItems: 10_000,
  /** Of the same, in characters of JSON: pages of 10 MiB each take the memory of all servers. */
  maxListChars: 8_388_608,
  /** Requests of one server that the host has not answered. */
  maxAsked: 256,
  /** What hosts, and the models' interfaces behind them, take for a name of a tool. */
  maxNameLength: 64,
  /** Leaves most of a name to the tool. */
  maxPrefixLength: 24,
} as const;
