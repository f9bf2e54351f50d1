import {
  type JsonRpcNotification,
  type JsonRpcRequest,
  progressToken,
  type RequestId,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import { withCallId } from '../../call-ids.ts';
import { limits } from './limits.ts';
import type { MemberSession } from './member-session.ts';

interface Question {
  readonly session: MemberSession;
  /** Of the server. */
  readonly id: RequestId;
  readonly token: unknown;
}

/** What the servers have asked of the host, under ids and progress tokens that they do not share. */
export class Asked {
  readonly #questions: Map<RequestId, Question> = new Map();
  #lastId = 0;

  /** The request as the host gets it; undefined when the server has asked too much already. */
  add(session: MemberSession, request: JsonRpcRequest): JsonRpcRequest | undefined {
    const asked = [...this.#questions.values()].filter((each) => each.session === session);
    if (asked.length >= limits.maxAsked) return undefined;
    const id = ++this.#lastId;
    this.#questions.set(id, { session, id: request.id, token: progressToken(request) });
    return withCallId(request, id);
  }

  /** Hands the host's answer to the server that has asked. */
  answer(answer: Answer): void {
    const question = answer.id === undefined ? undefined : this.#questions.get(answer.id);
    if (answer.id === undefined || question === undefined) return;
    this.#questions.delete(answer.id);
    question.session.tell({ ...answer, id: question.id });
  }

  /** The host's progress with what a server has asked. */
  progress(notification: JsonRpcNotification): void {
    const token = notification.params?.['progressToken'];
    const question = typeof token === 'number' ? this.#questions.get(token) : undefined;
    if (question?.token === undefined) return;
    question.session.tell({
      ...notification,
      params: { ...notification.params, progressToken: question.token },
    });
  }

  /** The host's id of what the server waits for no more. */
  cancelled(session: MemberSession, id: RequestId): RequestId | undefined {
    for (const [hostId, question] of this.#questions) {
      if (question.session !== session || question.id !== id) continue;
      this.#questions.delete(hostId);
      return hostId;
    }
    return undefined;
  }

  /** The host's ids of all that a server has asked that is gone. */
  lost(session: MemberSession): RequestId[] {
    const lost = [...this.#questions].filter(([, question]) => question.session === session);
    for (const [hostId] of lost) this.#questions.delete(hostId);
    return lost.map(([hostId]) => hostId);
  }
}
