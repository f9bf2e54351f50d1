import { type Frame, isHarmless, type LinkTag, parseMessage, splitMessages } from '@mcp-nostr/core';

import type { Entrance, Reason } from './entrance.ts';
import { limits } from './limits.ts';
import { Openings } from './openings.ts';
import { type Applicant, type Denial, isDenial, type Permission, type Policy } from './policy.ts';
import { ReservedBucket } from './reserved-bucket.ts';

/** What arrived, as far as it decides whether it may come in. */
export interface Visitor {
  /** Who signed the frame, and for whom. */
  applicant: Applicant;
  /** Seconds. */
  createdAt: number;
  frame: Frame;
  /** The same event was here before. */
  isRepeat: boolean;
  /** Nobody else has read what it says. */
  isEncrypted: boolean;
  /** What is answered, whatever it wants, for what it shows of its author's rights. */
  refusal?: string | undefined;
  /** It is the policy's word about somebody whom it knows. */
  isKnown?: boolean | undefined;
}

export type Verdict =
  | { kind: 'deliver' | 'drop' }
  | { kind: 'open'; permission: Permission }
  /** Another process with our key has the client: what it opened here stays unused. */
  | { kind: 'leave'; answer: Answer | undefined }
  | { kind: 'answer'; answer: Answer };

/** A control frame to somebody without a connection. */
export interface Answer {
  control: 'refuse' | 'reset';
  detail: string;
  acknowledged: number;
}

export interface DoorkeeperOptions {
  /** This process of the server. */
  instance: string;
  policy: Policy;
  entrance: Entrance;
  /** From 0 to 1: what strangers can use of what all share. */
  strangersShare: number;
  nowSeconds: () => number;
  /** Milliseconds that only grow. */
  clock: () => number;
  /** Another process serves our key. */
  onrival: (instance: string) => void;
}

interface Resets {
  /** When the last one went out. */
  readonly at: number;
  /** How many in a row, for this instance, before each of which the client took something from it. */
  readonly unheeded: number;
  readonly instance: string;
  /** How much the client has acknowledged. */
  readonly acknowledged: number;
}

/** Decides what a frame may do: open, go to its connection, earn a refusal or a reset, or nothing. */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #openings = new Openings();
  /** Resets have a rate of their own, so that a flood of refusals keeps no client from learning of a restart. */
  readonly #resets: ReservedBucket;
  readonly #byes: ReservedBucket;
  /** Which connections were told that we do not know them. */
  readonly #resetsOf: Map<string, Resets> = new Map();
  #rivalAt = -Infinity;

  constructor(options: DoorkeeperOptions) {
    const { refusalsPerSecond, refusalBurst, openingsPerSecond, openingBurst } = limits;
    const { clock, strangersShare } = options;
    this.#options = options;
    this.#resets = new ReservedBucket(refusalsPerSecond, refusalBurst, clock, strangersShare);
    this.#byes = new ReservedBucket(openingsPerSecond, openingBurst, clock, strangersShare);
  }

  /** `key`: of the connection; `isOpen`: it is there. */
  judge(key: string, visitor: Visitor, isOpen: boolean): Verdict {
    const { link } = visitor.frame;
    if (visitor.refusal !== undefined && !isOpen) return this.#onrefused(visitor, visitor.refusal);
    if (!this.#isForThisProcess(link)) return this.#onforeign(key, visitor, isOpen);
    if (isOpen) return { kind: 'deliver' };
    if (link.control === 'bye') return this.#onbye(key, visitor);
    if (link.sequence === 0) return this.#onopening(key, visitor);
    return answerOrDrop(this.#reset(key, visitor));
  }

  /** A connection is over; `received`: the next number that it would have taken. */
  ended(key: string, createdAt: number, received: number): void {
    this.#openings.ended(key, createdAt, received, this.#options.nowSeconds());
  }

  /**
   * What was said to another process with this key, two at once or the one before a restart, is not ours to execute.
   * Until a client has heard any it names none, and sends its opening or gives up.
   */
  #isForThisProcess(link: LinkTag): boolean {
    if (link.instance === this.#options.instance || link.sequence === 0) return true;
    return link.instance === '' && link.control === 'bye';
  }

  /** Whoever has nothing to show but this is told, where it asks. */
  #onrefused({ applicant, createdAt, frame, isRepeat, isKnown }: Visitor, code: string): Verdict {
    const { control, sequence } = frame.link;
    const isOpening = sequence === 0 && control === undefined;
    if (isRepeat || (!isOpening && control !== 'probe')) return { kind: 'drop' };
    if (code === 'revoked') return this.#refuse(applicant, { code }, isKnown === true);
    if (this.#openings.isTimely(createdAt, this.#options.nowSeconds()))
      return this.#deny(applicant, { code });
    // Its grant may be one of the present by the right time.
    return isOpening ? this.#deny(applicant, { code: 'clock' }) : { kind: 'drop' };
  }

  /** One that has overtaken its opening: what it ends must not be opened any more. */
  #onbye(key: string, { applicant, createdAt }: Visitor): Verdict {
    const { nowSeconds } = this.#options;
    if (!this.#openings.isTimely(createdAt, nowSeconds())) return { kind: 'drop' };
    const permission = this.#permit(applicant);
    if (
      permission !== undefined &&
      this.#openings.received(key) === undefined &&
      this.#byes.take(permission.isKnown)
    )
      this.#openings.ended(key, createdAt, 0, nowSeconds());
    return { kind: 'drop' };
  }

  #onforeign(key: string, visitor: Visitor, isOpen: boolean): Verdict {
    const { instance } = visitor.frame.link;
    const answer = this.#reset(key, visitor);
    const { clock, onrival } = this.#options;
    const resets = this.#resetsOf.get(key);
    // We said again and again that we do not know it, and it goes on: somebody else answers.
    if (answer !== undefined && (resets?.unheeded ?? 0) >= limits.rivalResets && clock() > this.#rivalAt) {
      this.#rivalAt = clock() + limits.rivalNoticeMs;
      onrival(instance);
    }
    return isOpen ? { kind: 'leave', answer } : answerOrDrop(answer);
  }

  #onopening(key: string, visitor: Visitor): Verdict {
    const { applicant, createdAt, frame, isRepeat } = visitor;
    const { policy, entrance, nowSeconds } = this.#options;
    // A repeat has had its answer; a client that has not heard it signs its opening anew.
    if (frame.link.control !== undefined || isRepeat) return { kind: 'drop' };
    // Nothing is kept about a sender that policy has not admitted.
    const known = policy.permit(applicant);
    const isInvited = frame.invite !== undefined && visitor.isEncrypted && policy.redeem !== undefined;
    if (isDenial(known) && !isInvited) return this.#deny(applicant, known);
    // A stranger who makes up an invite must not hear either that anybody is here.
    const refuse = (reason: Reason, by = known): Verdict =>
      isDenial(by) ? this.#deny(applicant, reason) : this.#refuse(applicant, reason, by.isKnown);
    const verdict = this.#openings.check(key, createdAt, nowSeconds());
    // Its client has not heard how it ended.
    if (verdict === 'ended') return answerOrDrop(this.#reset(key, visitor));
    if (verdict === 'clock') return refuse({ code: 'clock' });
    if (!this.#mayOpen(frame)) return refuse({ code: 'opening_not_harmless' });
    const permission = isInvited ? this.#redeem(applicant, frame.invite ?? '', known) : known;
    if (isDenial(permission)) return this.#deny(applicant, permission);
    const obstacle = entrance.obstacle(applicant, permission);
    if (obstacle !== undefined) return refuse(obstacle, permission);
    return { kind: 'open', permission };
  }

  /** An old invite does not shut out whom the policy knows. */
  #redeem(applicant: Applicant, invite: string, known: Permission | Denial): Permission | Denial {
    const answer = this.#options.policy.redeem?.(applicant, invite) ?? known;
    return isDenial(answer) && !isDenial(known) ? known : answer;
  }

  #permit(applicant: Applicant): Permission | undefined {
    const answer = this.#options.policy.permit(applicant);
    return isDenial(answer) ? undefined : answer;
  }

  /**
   * Whoever replays an opening to a server that was restarted must not get anything executed: it carries one harmless
   * message or none, unless it names this very process (WIRE.md, section 5).
   */
  #mayOpen({ link, content, part }: Frame): boolean {
    if (part !== undefined) return false;
    if (link.instance === this.#options.instance) return true;
    const lines = splitMessages(content);
    if (lines.length > 1) return false;
    try {
      return lines.map(parseMessage).every(isHarmless);
    } catch {
      return true; // malformed JSON-RPC is answered by the connection
    }
  }

  #deny(applicant: Applicant, reason: Reason): Verdict {
    return refusalOrDrop(reason, this.#options.entrance.deny(applicant, reason.code));
  }

  #refuse(applicant: Applicant, reason: Reason, isKnown: boolean): Verdict {
    return refusalOrDrop(reason, this.#options.entrance.refuse(applicant, reason.code, isKnown));
  }

  #reset(key: string, { applicant, createdAt, frame }: Visitor): Answer | undefined {
    const { control, instance, acknowledged } = frame.link;
    // A farewell, or a control frame that asks for nothing.
    if (control !== undefined && control !== 'probe') return undefined;
    const { nowSeconds, clock } = this.#options;
    const permission = this.#permit(applicant);
    if (permission === undefined || !this.#openings.isTimely(createdAt, nowSeconds())) return undefined;
    const now = clock();
    const before = this.#resetsOf.get(key);
    if (before !== undefined && now - before.at < limits.resetIntervalMs) return undefined;
    if (!this.#resets.take(permission.isKnown)) return undefined;
    const earlier = before?.instance === instance ? before : { unheeded: 0, acknowledged };
    const isServed = acknowledged > earlier.acknowledged;
    const unheeded = earlier.unheeded + (isServed ? 1 : 0);
    this.#remember(key, { at: now, unheeded, instance, acknowledged });
    const isOurs = instance === this.#options.instance || instance === '';
    const received = isOurs ? this.#openings.received(key) : undefined;
    return {
      control: 'reset',
      detail: received === undefined ? 'unknown' : 'ended',
      acknowledged: received ?? 0,
    };
  }

  #remember(key: string, resets: Resets): void {
    this.#resetsOf.delete(key);
    this.#resetsOf.set(key, resets);
    const [oldest] = this.#resetsOf.keys();
    if (this.#resetsOf.size > limits.maxRememberedResets && oldest !== undefined)
      this.#resetsOf.delete(oldest);
  }
}

function answerOrDrop(answer: Answer | undefined): Verdict {
  return answer === undefined ? { kind: 'drop' } : { kind: 'answer', answer };
}

function refusalOrDrop({ code, retryAfterMs }: Reason, isTold: boolean): Verdict {
  const detail =
    code === 'rate_limited' && retryAfterMs !== undefined ? `${code} ${Math.ceil(retryAfterMs)}` : code;
  return isTold
    ? { kind: 'answer', answer: { control: 'refuse', detail, acknowledged: 0 } }
    : { kind: 'drop' };
}
