import type { Inbound } from './inbound.ts';
import { linkLimits } from './limits.ts';
import type { LinkOptions } from './link-options.ts';
import type { Opening } from './opening.ts';
import type { Outbound } from './outbound.ts';
import type { Probing } from './probing.ts';
import { SignerPause } from './signer-pause.ts';
import type { Expectation, LinkEnd } from './traffic.ts';

/** The parts of a link that know when. */
export interface ScheduledParts {
  inbound: Inbound;
  outbound: Outbound;
  opening: Opening;
  probing: Probing;
}

/** When something is due at one end of a connection: a frame, a question, the end. `Infinity`: never by itself. */
export class Schedule {
  /** The peer was heard. */
  isOpen: boolean;
  /** Everything waits for a signer that failed to sign what must arrive. */
  readonly signerPause: SignerPause = new SignerPause();
  /** The same for probes, which keep nothing else waiting. */
  readonly probePause: SignerPause = new SignerPause();
  readonly #options: LinkOptions;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #opening: Opening;
  readonly #probing: Probing;
  #isReachable = false;
  #unreachableSince: number;

  constructor(options: LinkOptions, { inbound, outbound, opening, probing }: ScheduledParts) {
    this.#options = options;
    this.#inbound = inbound;
    this.#outbound = outbound;
    this.#opening = opening;
    this.#probing = probing;
    this.isOpen = options.role === 'server';
    this.#unreachableSince = options.clock();
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** Something would be missed if the way were broken. */
  get #isWaiting(): boolean {
    return this.#expects !== 'nothing' || this.#outbound.isUnacknowledged || this.#inbound.hasGap;
  }

  /** Nothing leaves before. */
  get pausedUntil(): number {
    return Math.max(this.signerPause.endsAt, this.#outbound.window.pausedUntil);
  }

  /** When the peer, or the way to it, is given up. */
  get #failsAt(): number {
    if (!this.isOpen) return Math.min(this.#opening.failsAt, this.#probing.failsAt);
    if (this.#options.role === 'server' || !this.#isWaiting) return Infinity;
    return this.#isReachable ? this.#probing.failsAt : this.#unreachableSince + linkLimits.unreachableMs;
  }

  get openingAt(): number {
    return this.#outbound.isQueueEmpty && !this.#opening.isSent ? Infinity : this.#opening.nextAt;
  }

  get nextProbeAt(): number {
    const { overdueAt, roundTrip } = this.#outbound;
    const gapAt = this.#inbound.gapSince + roundTrip.timeoutMs;
    const nextAt = this.#probing.nextAt(Math.min(overdueAt, gapAt), this.#expects, roundTrip.timeoutMs);
    return Math.max(nextAt, this.probePause.endsAt);
  }

  /** When anything is due. */
  get wakeAt(): number {
    const failsAt = Math.min(this.#failsAt, this.#inbound.byeAt);
    if (!this.#isReachable) return failsAt;
    return Math.min(failsAt, Math.max(this.#sendsAt, this.pausedUntil));
  }

  /** The set of usable relays changed; `isNew`: one became usable. */
  relaysChanged(isReachable: boolean, isNew: boolean): void {
    const now = this.#options.clock();
    if (isReachable && !this.#isReachable) this.#probing.newWay();
    if (!isReachable && this.#isReachable) this.#unreachableSince = now;
    this.#isReachable = isReachable;
    if (!isReachable || !isNew) return;
    // It has not said yet that nobody listens.
    this.#probing.taken();
    // What was sent before may have been lost with the relay.
    if (!this.isOpen) this.#opening.again(now);
    else if (this.#isWaiting) this.#probing.now();
  }

  /** Why the connection is over by now, if it is. */
  failure(now: number): LinkEnd | undefined {
    if (this.isOpen && !this.#isWaiting) this.#probing.reset();
    if (this.#failsAt > now) return undefined;
    const isUnreachable = !this.#isReachable && (this.isOpen || !this.#opening.isSent);
    if (isUnreachable) return { code: 'unreachable', reason: 'no relay can be reached' };
    return { code: 'silent', reason: 'it does not answer' };
  }

  /** All relays said that nobody listens. */
  muted(now: number): void {
    if (!this.#isWaiting) return;
    this.#probing.muted(now);
    if (!this.isOpen) this.#opening.muted(now);
  }

  get #expects(): Expectation {
    return this.#options.expects?.() ?? 'nothing';
  }

  get #sendsAt(): number {
    if (!this.isOpen) return this.openingAt;
    if (this.#probing.isAsking || this.#outbound.mustRepeat || this.#outbound.canSend) return 0;
    return Math.min(this.#inbound.acknowledging.dueAt, this.nextProbeAt);
  }
}
