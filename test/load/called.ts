/** What a process of callers is started with. */
export interface CallersOptions {
  address: string;
  clients: number;
  /** From one connection to the next. */
  connectMs: number;
  /** For how long each calls, */
  seconds: number;
  /** and how much later each time. */
  everySeconds: number;
}

/** What became of the calls. */
export interface Called {
  /** Of each that was answered as it should. */
  answeredMs: number[];
  /** How many failed, by the reason. */
  failures: Record<string, number>;
}
