import type { CatalogueTiming } from './limits.ts';
import type { Failure } from './tool-failure.ts';

export interface WayOptions {
  /** Asks the server for a sign of life; the failure, if none came. */
  attempt: () => Promise<Failure | undefined>;
  /** `isSame`: it was only doubted, and never away. */
  onup: (isSame: boolean) => void;
  /** It is known that the server cannot be reached, or known anew. */
  ondown: (failure: Failure) => void;
  timing: Pick<CatalogueTiming, 'minRetryMs' | 'maxRetryMs'>;
}

/**
 * Whether the server answers. While it does not, it is asked again and again, for ever and ever more seldom; where our
 * signer has refused, only when the host wants something.
 */
export class Way {
  readonly #options: WayOptions;
  #isUp = false;
  #isDoubted = false;
  #failure: Failure | undefined;
  /** When it came up last, in milliseconds of `performance.now()`. */
  #upAt = -Infinity;
  #lostAt: number | undefined;
  #isTrying = false;
  #waitMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** Attempts of an earlier beginning do not count any more. */
  #generation = 0;

  constructor(options: WayOptions) {
    this.#options = options;
    this.#waitMs = options.timing.minRetryMs;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** It was up and is asked for a sign of life; nothing is known against it. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /** Why the last attempt came to nothing. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** When it was up last, in milliseconds of `performance.now()`; undefined where it never was. */
  get lostAt(): number | undefined {
    return this.#lostAt;
  }

  /** Another thing is to be asked: what is known of the former does not count. */
  begin(): void {
    this.#generation++;
    this.#isUp = this.#isTrying = this.#isDoubted = false;
    this.#failure = undefined;
    this.#waitMs = this.#options.timing.minRetryMs;
    this.try();
  }

  /** Tries now, unless it is up or being tried. */
  try(): void {
    if (this.#isUp || this.#isTrying) return;
    clearTimeout(this.#timer);
    this.#isTrying = true;
    const generation = this.#generation;
    void this.#options.attempt().then((failure) => {
      if (generation === this.#generation) this.#tried(failure);
    });
  }

  /** Nothing is known against it, but what is to be sent must not be lost. */
  doubt(): void {
    if (!this.#isUp) return;
    this.#leave();
    this.#isDoubted = true;
    this.try();
  }

  /** What was sent has failed. */
  down(failure: Failure): void {
    if (!this.#isUp) return;
    this.#leave();
    this.#lostAt = performance.now();
    this.#failed(failure);
  }

  close(): void {
    this.#generation++;
    this.#isTrying = true; // for ever: nothing is tried any more
    clearTimeout(this.#timer);
  }

  #leave(): void {
    this.#isUp = false;
    // One that comes and goes at once, again and again, must not be asked at that pace for ever.
    const { minRetryMs, maxRetryMs } = this.#options.timing;
    if (performance.now() - this.#upAt >= maxRetryMs) this.#waitMs = minRetryMs;
  }

  #tried(failure: Failure | undefined): void {
    this.#isTrying = false;
    if (failure !== undefined) return this.#failed(failure);
    this.#isUp = true;
    this.#failure = undefined;
    if (!this.#isDoubted) this.#upAt = performance.now();
    const isSame = this.#isDoubted;
    this.#isDoubted = false;
    this.#options.onup(isSame);
  }

  #failed(failure: Failure): void {
    if (this.#isDoubted) this.#lostAt = performance.now();
    this.#isDoubted = false;
    this.#failure = failure;
    // Up to a half less, so that the hosts of one server do not come all at once.
    const waitMs = this.#waitMs * (1 - Math.random() / 2);
    if (failure.isRefusal !== true) this.#timer = setTimeout(() => this.try(), waitMs);
    this.#waitMs = Math.min(this.#options.timing.maxRetryMs, this.#waitMs * 2);
    this.#options.ondown(failure);
  }
}
