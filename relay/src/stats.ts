/** What a relay has done since its start, and what it holds now. No number of it is about anybody in particular. */
export interface RelayStats {
  /** Now. */
  connections: number;
  /** Now. */
  subscriptions: number;
  /** Events in the store now. */
  stored: number;
  /** Events that were taken: stored, or delivered to somebody. */
  accepted: number;
  /** Live events sent, one for each subscription that got one. */
  delivered: number;
  /** Events that the relay had already, or had a newer version of. */
  duplicates: number;
  /** Ephemeral events that nobody was listening for. */
  muted: number;
  /** Events that were answered with any other `false`. */
  refused: number;
  /** Connections that were cut because they did not read. */
  cut: number;
}

/** The part of the statistics that only grows. */
export type Counters = Omit<RelayStats, 'connections' | 'subscriptions' | 'stored'>;

export function newCounters(): Counters {
  return { accepted: 0, delivered: 0, duplicates: 0, muted: 0, refused: 0, cut: 0 };
}
