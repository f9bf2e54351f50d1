import {
  type FailureCode,
  failureResponse,
  isHarmless,
  type JsonRpcErrorResponse,
  type JsonRpcRequest,
} from '@mcp-nostr/core';
import type { Encryption, IncomingBare } from '@mcp-nostr/transport';

import type { Entrance, Reason } from '../entrance.ts';
import { limits } from '../limits.ts';
import { type Denial, denialMessage, isDenial, type Permission, type Policy } from '../policy.ts';
import type { SeenRequests } from './seen-requests.ts';

export interface BareDoorOptions {
  policy: Policy;
  entrance: Entrance;
  encryption: Encryption;
  seen: SeenRequests;
  /** The server's other key, for people, where it has one. */
  successor?: string | undefined;
  nowSeconds: () => number;
  /** Another process serves our key. */
  onrival: () => void;
}

/** Why a message goes no further. */
export interface BareRefusal {
  readonly code: FailureCode;
  readonly message: string;
  readonly data?: Record<string, unknown> | undefined;
  /** Whether its author hears of it, asked where it can be told. */
  readonly isTold: () => boolean;
}

/** It was executed before. */
export type Admission = BareRefusal | 'admitted' | 'repeated';

/** Decides which messages without a link come in: who may, in which form, when, and once. */
export class BareDoor {
  readonly #options: BareDoorOptions;
  #rivalSeconds = -Infinity;

  constructor(options: BareDoorOptions) {
    this.#options = options;
  }

  /** What may come in at all. `isPing`: of a client of ours perhaps, whose opening says better for whom it speaks. */
  judge({ event, form }: IncomingBare, isPing: boolean): Permission | BareRefusal {
    const { policy, entrance, encryption, seen, successor, nowSeconds } = this.#options;
    const applicant = { pubkey: event.pubkey };
    const answer = policy.permit(applicant);
    if (isDenial(answer)) {
      const deny = (): boolean => entrance.deny(applicant, answer.code);
      return { ...refusalOf(answer), isTold: isPing ? () => entrance.denyQuietly(applicant) : deny };
    }
    const refuse = (code: FailureCode, message: string, data?: Record<string, unknown>): BareRefusal => {
      return { code, message, data, isTold: () => entrance.refuse(applicant, code, answer.isKnown) };
    };
    if (form === 'plain' && encryption === 'required')
      return refuse('encryption_required', 'the server takes encrypted messages only');
    const now = nowSeconds();
    const serverTime = { serverTime: now };
    if (!seen.isTimely(event.created_at, answer.isKnown, now))
      return refuse('wrong_clock', wrongClock(event.created_at, now), serverTime);
    if (successor === undefined) return answer;
    return refuse('server_moved', `the server has another key now: ${successor}`, { successor });
  }

  /** A request of somebody who may come in. `hasSession`: that has begun. */
  admit(
    request: JsonRpcRequest,
    { event }: IncomingBare,
    { isKnown }: Permission,
    hasSession: boolean,
  ): Admission {
    const { seen, entrance } = this.#options;
    if (!mustBeNew(request)) return 'admitted';
    const { id, pubkey, created_at: createdAt } = event;
    const verdict = seen.check(id, createdAt);
    if (verdict !== 'unknown') return verdict === 'fresh' ? 'admitted' : verdict;
    // An `initialize` may have waited for this server to come up; or a relay brings it again, and there is a newer session.
    if (isHarmless(request)) return hasSession ? 'repeated' : 'admitted';
    const seconds = seen.secondsUntilFresh(createdAt);
    const message = `the server was restarted after this was stamped, and may have executed it before; it is not executed now. With a clock that is slow try again in ${seconds} s`;
    const isTold = (): boolean => entrance.refuse({ pubkey }, 'outcome_unknown', isKnown);
    return { code: 'outcome_unknown', message, data: { retryAfterMs: seconds * 1_000 }, isTold };
  }

  /** Whether it is executed here, now that it may be; not where another process has taken it. */
  take(request: JsonRpcRequest, { event }: IncomingBare, { isKnown }: Permission): boolean {
    const { seen, nowSeconds, onrival } = this.#options;
    const now = nowSeconds();
    if (!mustBeNew(request) || seen.add(event.id, event.created_at, isKnown, now)) return true;
    if (now < this.#rivalSeconds) return false;
    this.#rivalSeconds = now + limits.rivalNoticeMs / 1_000;
    onrival();
    return false;
  }

  /** Before one more session of this key. */
  open(pubkey: string, permission: Permission): BareRefusal | undefined {
    const { entrance } = this.#options;
    const obstacle = entrance.obstacle({ pubkey }, permission);
    if (obstacle === undefined) return undefined;
    const isTold = (): boolean => entrance.refuse({ pubkey }, obstacle.code, permission.isKnown);
    return { ...refusalOfObstacle(obstacle), isTold };
  }

  /** Whether something goes to a key that has no session. */
  mayAnswer(pubkey: string, { isKnown }: Permission): boolean {
    return this.#options.entrance.mayAnswer({ pubkey }, isKnown);
  }
}

/** What a relay brings again later than anybody remembers does harm: it changes something, or ends the present session. */
function mustBeNew(request: JsonRpcRequest): boolean {
  return !isHarmless(request) || request.method === 'initialize';
}

export function isRefusal(answer: Permission | Admission | undefined): answer is BareRefusal {
  return typeof answer === 'object' && 'isTold' in answer;
}

/** What a request is answered that was refused. */
export function refusalResponse(
  { id }: JsonRpcRequest,
  { code, message, data }: BareRefusal,
): JsonRpcErrorResponse {
  return failureResponse(id, code, message, data);
}

function refusalOf(denial: Denial): Omit<BareRefusal, 'isTold'> {
  const { code, retryAfterMs } = denial;
  return { code, message: denialMessage(denial), ...retryData(retryAfterMs) };
}

function refusalOfObstacle({ code, retryAfterMs }: Reason): Omit<BareRefusal, 'isTold'> {
  if (code === 'rate_limited')
    return {
      code,
      message: 'this key went on beyond its bounds and is not served for now',
      ...retryData(retryAfterMs),
    };
  return { code: 'busy', message: 'the server has no room for another session now; try again later' };
}

function retryData(retryAfterMs: number | undefined): { data?: Record<string, unknown> } {
  return retryAfterMs === undefined ? {} : { data: { retryAfterMs: Math.ceil(retryAfterMs) } };
}

function wrongClock(createdAt: number, now: number): string {
  const seconds = Math.abs(now - createdAt);
  const direction = createdAt < now ? 'behind' : 'ahead of';
  return `the message is stamped ${seconds} s ${direction} the server's clock: set the clock right, or send it sooner`;
}
