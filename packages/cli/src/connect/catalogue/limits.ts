/** The bounds that are times. */
export interface CatalogueTiming {
  liveAnswerMs: number;
  firstAnswerMs: number;
  listPatienceMs: number;
  slowPatienceMs: number;
  downPatienceMs: number;
  minRetryMs: number;
  maxRetryMs: number;
  doubtAfterMs: number;
  refreshDelayMs: number;
  saveDelayMs: number;
}

/** Every bound of what `connect` answers in the server's stead, with its reason. */
export const limits = {
  /** A host that asks to begin has its answer within 300 ms; a server that is near enough is waited for so long. */
  liveAnswerMs: 100,
  /** Where nothing is known of the server its own words are worth more, and hosts wait 30 s and longer. */
  firstAnswerMs: 2_000,
  /** A list that is not known is waited for so long; then it is empty, and `list_changed` follows. */
  listPatienceMs: 10_000,
  /** A call waits so long for a way that is slow, or was lost just now: a relay that is restarted takes less. */
  slowPatienceMs: 10_000,
  /** A call to a server that is known to be away is tried once more, and its host is told soon. */
  downPatienceMs: 3_000,
  /** Between attempts: soon after a loss, and seldom enough to cost nothing for hours. */
  minRetryMs: 1_000,
  maxRetryMs: 30_000,
  /**
   * A call to a server that was heard longer ago waits for a sign of life: one that was restarted meanwhile would leave
   * it open whether the call was executed.
   */
  doubtAfterMs: 10_000,
  /** After a live start the host lists what it wants by itself; what it left out is asked for after this. */
  refreshDelayMs: 2_000,
  /** A list with more pages is not ended by a cursor that repeats. */
  maxPages: 100,
  /** Of one list, in characters of JSON: a hostile server fills pages of 10 MiB. A longer one passes and is not kept. */
  maxListChars: 4_194_304,
  /** Requests that wait for the way; a host that sends more gets an error for each. */
  maxHeld: 256,
  /** The file of one catalogue; servers with hundreds of tools have some 100 kB. */
  maxFileBytes: 4_194_304,
  /** Changes that come together are written once. */
  saveDelayMs: 200,
} as const;
