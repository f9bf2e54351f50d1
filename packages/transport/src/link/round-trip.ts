import { linkLimits } from './limits.ts';

/** How long an answer of the peer's link takes, from what it took so far (RFC 6298, without its rounding). */
export class RoundTrip {
  #meanMs: number | undefined;
  #deviationMs = 0;
  /** Time-outs since the last sample: each doubles the next, so that a slow way is not flooded. */
  #timeouts = 0;

  /** The mean, as far as it may be believed: a peer makes it. While nothing is known, the shortest time-out. */
  get meanMs(): number {
    return Math.max(linkLimits.minRoundTripMs, this.#meanMs ?? linkLimits.minTimeoutMs);
  }

  get timeoutMs(): number {
    const { firstTimeoutMs, minTimeoutMs, maxTimeoutMs } = linkLimits;
    const ms = this.#meanMs === undefined ? firstTimeoutMs : this.#meanMs + 4 * this.#deviationMs;
    return Math.min(maxTimeoutMs, Math.max(minTimeoutMs, ms) * 2 ** this.#timeouts);
  }

  /** Of a frame that was sent once: which copy was acknowledged nobody can tell (Karn). */
  sample(measuredMs: number): void {
    // A process that stood still for an hour has not measured the way.
    const ms = Math.min(measuredMs, linkLimits.maxTimeoutMs);
    this.#timeouts = 0;
    if (this.#meanMs === undefined) {
      this.#meanMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    this.#deviationMs += (Math.abs(ms - this.#meanMs) - this.#deviationMs) / 4;
    this.#meanMs += (ms - this.#meanMs) / 8;
  }

  timedOut(): void {
    this.#timeouts = Math.min(this.#timeouts + 1, 5);
  }
}
