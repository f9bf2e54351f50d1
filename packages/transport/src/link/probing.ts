import { linkLimits } from './limits.ts';

export type LinkRole = 'client' | 'server';

/** How often a side that waits asks, and when it takes the other for gone. */
export class Probing {
  readonly #role: LinkRole;
  #unanswered = 0;
  #lastAt = -Infinity;
  #silentSince = 0;
  #mutedSince: number | undefined;

  constructor(role: LinkRole) {
    this.#role = role;
  }

  /** Probes since the peer was heard. */
  get unanswered(): number {
    return this.#unanswered;
  }

  get lastAt(): number {
    return this.#lastAt;
  }

  get isMuted(): boolean {
    return this.#mutedSince !== undefined;
  }

  /** When the next one is due, given when the wait for something has been long enough. */
  nextAt(waitedEnoughAt: number, timeoutMs: number): number {
    if (waitedEnoughAt === Infinity) return Infinity;
    if (this.#unanswered === 0) return this.isMuted ? this.#quickAt(waitedEnoughAt) : waitedEnoughAt;
    const { clientProbeMs, serverProbeMs, serverPatienceMs } = linkLimits;
    const silentMs = this.#lastAt - this.#silentSince;
    if (this.#role === 'server' && silentMs > serverPatienceMs) return Infinity;
    const longestMs = this.#role === 'client' ? clientProbeMs : serverProbeMs;
    const isQuick = this.isMuted && silentMs <= linkLimits.muteGraceMs;
    const waitMs = isQuick ? linkLimits.muteRetryMs : Math.max(timeoutMs, silentMs / 4);
    return this.#lastAt + Math.min(longestMs, waitMs);
  }

  /** When a client gives up. */
  get failsAt(): number {
    if (this.#role === 'server') return Infinity;
    const silent = this.#unanswered > 0 ? this.#silentSince + linkLimits.silenceMs : Infinity;
    const muted = this.#mutedSince === undefined ? Infinity : this.#mutedSince + linkLimits.muteGraceMs;
    return Math.min(silent, muted);
  }

  sent(now: number): void {
    if (this.#unanswered++ === 0) this.#silentSince = now;
    this.#lastAt = now;
  }

  /** The peer lives, or there is a new way to it, or nothing is waited for. */
  reset(): void {
    this.#unanswered = 0;
    this.#mutedSince = undefined;
  }

  /** All relays said that nobody listens; or one says otherwise. */
  muted(now: number): void {
    this.#mutedSince ??= now;
  }

  taken(): void {
    this.#mutedSince = undefined;
  }

  #quickAt(waitedEnoughAt: number): number {
    return Math.min(waitedEnoughAt, Math.max(this.#mutedSince ?? 0, this.#lastAt) + linkLimits.muteRetryMs);
  }
}
