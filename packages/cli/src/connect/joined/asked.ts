import {
  type JsonRpcErrorResponse,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  progressToken,
  type RequestId,
} from '@mcp-nostr/core';

import { withCallId } from '../../call-ids.ts';
import { limits } from './limits.ts';
import type { Upstream } from './upstream.ts';

interface Question {
  readonly upstream: Upstream;
  /** Of the server. */
  readonly id: RequestId;
  readonly token: unknown;
}

/** What the servers have asked of the host, under ids and progress tokens that they do not share. */
export class Asked {
  readonly #questions: Map<RequestId, Question> = new Map();
  #lastId = 0;

  /** The request as the host gets it; undefined when the server has asked too much already. */
  add(upstream: Upstream, request: JsonRpcRequest): JsonRpcRequest | undefined {
    const asked = [...this.#questions.values()].filter((each) => each.upstream === upstream);
    if (asked.length >= limits.maxAsked) return undefined;
    const id = ++this.#lastId;
    this.#questions.set(id, { upstream, id: request.id, token: progressToken(request) });
    return withCallId(request, id);
  }

  /** Hands the host's answer to the server that has asked. */
  answer(answer: JsonRpcResultResponse | JsonRpcErrorResponse): void {
    const question = answer.id === undefined ? undefined : this.#questions.get(answer.id);
    if (answer.id === undefined || question === undefined) return;
    this.#questions.delete(answer.id);
    question.upstream.tell({ ...answer, id: question.id });
  }

  /** The host's progress with what a server has asked. */
  progress(notification: JsonRpcNotification): void {
    const token = notification.params?.['progressToken'];
    const question = typeof token === 'number' ? this.#questions.get(token) : undefined;
    if (question?.token === undefined) return;
    question.upstream.tell({
      ...notification,
      params: { ...notification.params, progressToken: question.token },
    });
  }

  /** The host's id of what the server waits for no more. */
  cancelled(upstream: Upstream, id: RequestId): RequestId | undefined {
    for (const [hostId, question] of this.#questions) {
      if (question.upstream !== upstream || question.id !== id) continue;
      this.#questions.delete(hostId);
      return hostId;
    }
    return undefined;
  }

  /** The host's ids of all that a server has asked that is gone. */
  lost(upstream: Upstream): RequestId[] {
    const lost = [...this.#questions].filter(([, question]) => question.upstream === upstream);
    for (const [hostId] of lost) this.#questions.delete(hostId);
    return lost.map(([hostId]) => hostId);
  }
}
