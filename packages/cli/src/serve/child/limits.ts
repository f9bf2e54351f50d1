/** Every bound of the programs that `serve` runs, with its unit and its reason. */
export const limits = {
  /** What a program has not read yet; above this it is taken for stuck. */
  maxUnreadBytes: 33_554_432,
  /** Messages that wait while a program is being started; a client that sends more does not wait for answers. */
  maxWaiting: 1_000,
  /** After a program has exited, what it wrote last is still read, unless a grandchild holds the pipe. */
  drainMs: 300,
  maxLogLineLength: 2_000,
  /** How long SIGTERM may take before SIGKILL follows. */
  graceMs: 2_000,
  /** How long the kernel may take for a SIGKILL until we go on: what is left may wait to be collected by init. */
  killMs: 250,
  /** The first wait before a program that failed is started again; each failure more doubles it. */
  firstDelayMs: 250,
  /** And the longest: a program that is repaired is back within this. */
  maxDelayMs: 30_000,
  /** What ran for so long was healthy: its end is a first failure. */
  healthyMs: 60_000,
  /** Failures in a row of which the log tells; a program that never comes up must not fill it. */
  maxLoggedFailures: 5,
  /** Programs that start at the same time: more would only slow each other down, and exhaust a small machine. */
  maxStarting: 4,
  /** One that has said nothing for so long does not keep others from starting. */
  startTurnMs: 5_000,
  /** A new program takes up a session within this, or is taken for stuck. */
  greetingMs: 30_000,
  /**
   * A connection without use for so long loses its program: as long as a session over HTTP lives without use. Less
   * would cost people who come back from lunch the state of their server, more would keep the memory of all who left.
   */
  idleMs: 1_800_000,
} as const;
