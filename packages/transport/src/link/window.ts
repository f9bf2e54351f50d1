import { linkLimits } from './limits.ts';

/** How much may be under way: grows with what arrives, halves when relays say `rate-limited:`. */
export class SendWindow {
  #bytes: number = linkLimits.firstWindowBytes;
  #pauseMs: number = linkLimits.congestionPauseMs;
  #pausedUntil = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  arrived(bytes: number): void {
    this.#bytes = Math.min(linkLimits.maxWindowBytes, this.#bytes + bytes);
    this.#pauseMs = linkLimits.congestionPauseMs;
  }

  congested(now: number): void {
    // All that was under way earns the same word: it counts once.
    if (now < this.#pausedUntil) return;
    this.#bytes = Math.max(linkLimits.minWindowBytes, this.#bytes / 2);
    this.#pausedUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(linkLimits.maxCongestionPauseMs, this.#pauseMs * 2);
  }
}
