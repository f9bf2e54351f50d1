import { linkLimits } from './limits.ts';

/** A client's opening: signed anew until the server is heard or time is up (WIRE.md, section 5). */
export class Opening {
  #startedAt: number | undefined;
  #attempts = 0;
  #inVain = 0;
  /** The first that somebody can have had, and who has refused it. */
  #firstEvent: string | undefined;
  #witness: string | undefined;
  #nextAt = 0;

  /** When it is signed next. */
  get nextAt(): number {
    return this.#nextAt;
  }

  get isSent(): boolean {
    return this.#attempts > 0;
  }

  /**
   * A process has refused one of the openings. Returns whether it has the first of them: then no other process was there
   * when that came, and could have taken it.
   */
  isWitnessed(instance: string, refusedEvent: string | undefined): boolean {
    if (refusedEvent !== undefined && refusedEvent === this.#firstEvent) this.#witness = instance;
    return this.#witness === instance;
  }

  /** When nobody is there. A person may have to allow the signature: counted from the first that left. */
  get failsAt(): number {
    return this.#startedAt === undefined ? Infinity : this.#startedAt + linkLimits.openTimeoutMs;
  }

  /** Something waits for the connection, although perhaps no relay is reached yet. */
  wanted(now: number): void {
    this.#startedAt ??= now;
  }

  /** Nothing waits for it any more. */
  unwanted(): void {
    if (this.#attempts === 0 && this.#nextAt !== Infinity) this.#startedAt = undefined;
  }

  /** It is being signed: nothing is due until it has left. */
  signing(): void {
    this.#nextAt = Infinity;
    if (this.#attempts === 0) this.#startedAt = undefined;
  }

  sent(now: number, event?: string): void {
    this.#startedAt ??= now;
    this.#firstEvent ??= event;
    const { openRetryMs } = linkLimits;
    this.#nextAt = now + (this.#attempts++ === 0 ? openRetryMs : 2 * openRetryMs);
  }

  /** Nobody has had one of them; where that holds for all, the next is the first. */
  inVain(): void {
    if (++this.#inVain === this.#attempts) this.#firstEvent = undefined;
  }

  /** Nobody listened: asked again sooner. */
  muted(now: number): void {
    this.#nextAt = Math.min(this.#nextAt, now + linkLimits.muteRetryMs);
  }

  /** The server was heard and refused the stamp: it has its whole time once more. */
  restamped(now: number): void {
    this.#startedAt = now;
    this.again(now);
  }

  /** There is a new way. */
  again(now: number): void {
    this.#nextAt = Math.min(this.#nextAt, now);
  }
}
