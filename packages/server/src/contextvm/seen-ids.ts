/**
 * Remembers which requests were executed for longer than the process lives: relays keep what ContextVM's clients send, and
 * hand it out again to a server that was restarted. Only what was stamped within the freshness window need be kept
 * (`limits.maxAgeSeconds` of core back, `maxFutureSeconds` ahead).
 */
export interface SeenIds {
  /**
   * Seconds: of requests stamped then or later none was executed that is not known here. Earlier ones may have been, so
   * they are not executed any more unless their repetition does no harm.
   */
  readonly completeSince: number;
  /** Whether a request was executed, by this process or one before it: by the id of its event. */
  has(id: string): boolean;
  /**
   * A request is about to be executed. `createdAt`: of its event, in seconds. `false`: another process with this key has
   * taken it, and it is executed there.
   */
  add(id: string, createdAt: number): boolean;
}
