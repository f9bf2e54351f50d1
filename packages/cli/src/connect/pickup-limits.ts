/** Every bound of calls that outlast their host, with its reason. */
export const pickupLimits = {
  /** A result is kept this long: the model, or the person, has tried again by then. */
  keepMs: 60_000,
  /** An abandoned call may run so long; after that nobody asks for its result. */
  maxRunMs: 900_000,
  /** Abandoned calls that run, and results that are kept, at most. */
  maxCalls: 16,
  /** Of all results that are kept, in characters of JSON. */
  maxChars: 8_388_608,
} as const;
