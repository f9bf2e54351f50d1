import { linkLimits } from './limits.ts';

/** How long a signer that failed is let alone: longer each time. */
export class SignerPause {
  #endsAt = 0;
  #nextMs: number = linkLimits.signPauseMs;

  get endsAt(): number {
    return this.#endsAt;
  }

  failed(now: number): void {
    this.#endsAt = now + this.#nextMs;
    this.#nextMs = Math.min(this.#nextMs * 2, linkLimits.maxSignPauseMs);
  }

  succeeded(): void {
    this.#nextMs = linkLimits.signPauseMs;
  }
}
