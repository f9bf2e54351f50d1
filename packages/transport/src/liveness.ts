export interface LivenessOptions {
  /** Silence for this long is worth a ping. */
  idlePingMs: number;
  /** Silence after a ping for this long is death. */
  pongTimeoutMs: number;
  /** Sends something that a live relay answers. */
  ping(): void;
  /** Nothing came back. */
  ondead(): void;
}

/** Finds out that a connection is dead although nobody closed it (a NAT forgot it, a laptop slept). */
export class Liveness {
  readonly #options: LivenessOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAt = 0;
  #waiting = false;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#heardAt = performance.now();
    this.#schedule(options.idlePingMs);
  }

  /** Anything that the relay sends counts as life. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#waiting = false;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => this.#check(), delayMs);
  }

  // The clock is read when a timer fires rather than the timer moved at every message.
  #check(): void {
    const { idlePingMs, pongTimeoutMs } = this.#options;
    const silentMs = performance.now() - this.#heardAt;
    if (this.#waiting) {
      this.#options.ondead();
    } else if (silentMs >= idlePingMs) {
      this.#waiting = true;
      this.#options.ping();
      this.#schedule(pongTimeoutMs);
    } else {
      this.#schedule(idlePingMs - silentMs);
    }
  }
}
