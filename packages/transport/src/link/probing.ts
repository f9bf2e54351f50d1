import { linkLimits } from './limits.ts';
import type { Expectation, LinkRole } from './traffic.ts';

/** When a side that waits asks, and when it takes the other for gone. */
export class Probing {
  readonly #role: LinkRole;
  #heardAt: number;
  #isAsking = false;
  #isDue = false;
  #unanswered = 0;
  #lastAt = -Infinity;
  #silentSince = 0;
  #mutedSince: number | undefined;
  /** Since when questions are unanswered, whatever became of the ways meanwhile. */
  #askedSince: number | undefined;
  /** Probes since the peer had anything to say. */
  #idle = 0;

  constructor(role: LinkRole, now: number) {
    this.#role = role;
    this.#heardAt = now;
  }

  /** When the peer was heard last. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Probes since then. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** A probe is on its way out. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** A server has asked for long enough: nothing is sent again until its client is heard. */
  get isResting(): boolean {
    if (this.#role === 'client' || this.#askedSince === undefined) return false;
    return this.#lastAt - this.#askedSince > linkLimits.serverPatienceMs;
  }

  /** When a client gives up. */
  get failsAt(): number {
    if (this.#role === 'server') return Infinity;
    const silent = this.#unanswered > 0 ? this.#silentSince + linkLimits.silenceMs : Infinity;
    const muted = this.#mutedSince === undefined ? Infinity : this.#mutedSince + linkLimits.muteGraceMs;
    const asked = this.#askedSince === undefined ? Infinity : this.#askedSince + linkLimits.maxSilenceMs;
    return Math.min(silent, muted, asked);
  }

  /** When the next probe is due: something is `overdueAt`, or the peer is only `expected` to say something some day. */
  nextAt(overdueAt: number, expected: Expectation, timeoutMs: number): number {
    if (this.isResting) return Infinity;
    if (this.#isDue) return 0;
    const waitedEnoughAt = Math.min(overdueAt, this.#idleAt(expected));
    if (waitedEnoughAt === Infinity) return Infinity;
    const { clientProbeMs, serverProbeMs, muteGraceMs, muteRetryMs } = linkLimits;
    if (this.#unanswered === 0) {
      if (this.#mutedSince === undefined) return waitedEnoughAt;
      return Math.min(waitedEnoughAt, Math.max(this.#mutedSince, this.#lastAt) + muteRetryMs);
    }
    const silentMs = this.#lastAt - this.#silentSince;
    const isQuick = this.#mutedSince !== undefined && silentMs <= muteGraceMs;
    const waitMs = isQuick ? muteRetryMs : Math.max(timeoutMs, silentMs / 4);
    return this.#lastAt + Math.min(this.#role === 'client' ? clientProbeMs : serverProbeMs, waitMs);
  }

  /** One is due whatever is waited for. */
  now(): void {
    this.#isDue = true;
  }

  asking(): void {
    this.#isAsking = true;
    this.#isDue = false;
  }

  /** It has left: only now the peer can be silent about it. */
  sent(now: number): void {
    this.#isAsking = false;
    if (this.#unanswered++ === 0) this.#silentSince = now;
    this.#askedSince ??= now;
    this.#lastAt = now;
    this.#idle++;
  }

  /** It could not be signed. That is no silence; but a server does not try that for ever either. */
  unsent(now: number): void {
    this.#isAsking = false;
    if (this.#role === 'client') return;
    this.#askedSince ??= now;
    this.#lastAt = now;
  }

  /** `isNews`: it was more than a sign of life. */
  heard(now: number, isNews: boolean): void {
    this.#heardAt = now;
    if (isNews) this.#idle = 0;
    this.reset();
  }

  /** The peer lives, or nothing is waited for. */
  reset(): void {
    this.newWay();
    this.#askedSince = undefined;
  }

  /** There is a way to the peer again: it has its whole time. */
  newWay(): void {
    this.#unanswered = 0;
    this.#mutedSince = undefined;
  }

  /** All relays said that nobody listens. */
  muted(now: number): void {
    this.#mutedSince ??= now;
  }

  /** A relay says otherwise, or has not been asked yet. */
  taken(): void {
    this.#mutedSince = undefined;
  }

  #idleAt(expected: Expectation): number {
    const { requestProbeMs, idleProbeMs, maxIdleProbeMs } = linkLimits;
    const since = Math.max(this.#heardAt, this.#lastAt);
    if (expected === 'answers') return since + requestProbeMs;
    if (expected === 'news') return since + Math.min(maxIdleProbeMs, idleProbeMs * 2 ** this.#idle);
    return Infinity;
  }
}
