/** Often enough to see a burst of messages, seldom enough not to slow it down. */
const SAMPLE_MS = 20;

/** Of the process that serves. The heap is what is in use after a garbage collection. */
export interface Memory {
  rssBeforeBytes: number;
  rssPeakBytes: number;
  heapBeforeBytes: number;
  heapAfterBytes: number;
}

/** Watches the memory of its own process. */
export class MemoryWatch {
  readonly #rssBeforeBytes: number;
  readonly #heapBeforeBytes: number;
  readonly #timer: NodeJS.Timeout;
  #rssPeakBytes: number;

  constructor() {
    this.#heapBeforeBytes = heapBytes();
    this.#rssBeforeBytes = process.memoryUsage.rss();
    this.#rssPeakBytes = this.#rssBeforeBytes;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop(): Memory {
    clearInterval(this.#timer);
    this.#sample();
    return {
      rssBeforeBytes: this.#rssBeforeBytes,
      rssPeakBytes: this.#rssPeakBytes,
      heapBeforeBytes: this.#heapBeforeBytes,
      heapAfterBytes: heapBytes(),
    };
  }

  #sample(): void {
    this.#rssPeakBytes = Math.max(this.#rssPeakBytes, process.memoryUsage.rss());
  }
}

function heapBytes(): number {
  // The children run with --expose-gc; without a collection the figure would be chance.
  if (globalThis.gc === undefined) throw new Error('started without --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
