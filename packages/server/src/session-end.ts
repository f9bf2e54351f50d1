/** Longer waits overflow a timer. */
const MAX_TIMER_MS = 2_147_483_647;

/** Tells when a session's grant has ended, and that it has. */
export class SessionEnd {
  readonly #nowSeconds: () => number;
  readonly #onover: () => void;
  #expiresAt = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(nowSeconds: () => number, onover: () => void) {
    this.#nowSeconds = nowSeconds;
    this.#onover = onover;
  }

  get isOver(): boolean {
    return this.#nowSeconds() >= this.#expiresAt;
  }

  /** In seconds. */
  set(expiresAt: number): void {
    this.#expiresAt = expiresAt;
    this.#arm();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const waitMs = Math.max(0, this.#expiresAt - this.#nowSeconds()) * 1000;
    this.#timer = setTimeout(
      () => (this.isOver ? this.#onover() : this.#arm()),
      Math.min(MAX_TIMER_MS, waitMs),
    );
  }
}
