import {
  cancelledId,
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcResultResponse,
  parseMessage,
} from '@mcp-nostr/core';
import type { Link, LostMessage, ReceivedMessage } from '@mcp-nostr/transport';

import type { Losses } from './losses.ts';
import { withoutMove } from './moved-failure.ts';
import { busyAnswer, keyOf } from './outgoing.ts';
import type { Requests } from './requests.ts';
import type { Resumption } from './resumption.ts';

export interface IncomingOptions {
  requests: Requests;
  resumption: Resumption;
  losses: Losses;
  /** `relation`: the JSON of the id of our request that the message belongs to. */
  onmessage: (message: JsonRpcMessage, relation?: string) => void;
  onerror: (error: Error) => void;
  /** The server does not continue the session. */
  onobjection: (reason: string) => void;
}

/** What the server says, on its way to the application: nothing twice, and nothing that nobody waits for any more. */
export class Incoming {
  readonly #options: IncomingOptions;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** A message, in its order. Returns whether we are going to answer it. */
  take({ text, relation }: ReceivedMessage, link: Link): boolean {
    const { requests, onmessage, onerror } = this.#options;
    let message: JsonRpcMessage;
    try {
      message = parseMessage(text);
    } catch (error) {
      onerror(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    if (isResponse(message)) {
      this.#answer(withoutMove(message), link);
      return false;
    }
    // Some hosts tear everything down over progress of a request that was answered.
    if (relation !== undefined && !requests.isPending(relation)) return false;
    if (isRequest(message)) requests.asked(keyOf(message.id));
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) requests.answered(keyOf(cancelled));
    onmessage(message, relation);
    return isRequest(message);
  }

  /** A large answer, or request of the server, that did not fit into our memory. */
  lose({ sort, id, reason }: LostMessage, link: Link): void {
    const { requests, onerror } = this.#options;
    if (sort === 'response')
      requests.fail(id ?? '', 'message_too_large', `the answer was dropped: ${reason}`);
    const answer = sort === 'request' && id !== undefined ? busyAnswer(id, reason) : undefined;
    if (answer !== undefined) link.send(answer);
    onerror(new Error(`a ${sort} of the server was dropped: ${reason}`));
  }

  #answer(message: JsonRpcResultResponse | JsonRpcErrorResponse, link: Link): void {
    const { requests, resumption, losses, onmessage, onobjection } = this.#options;
    if (message.id === undefined) return onmessage(message);
    const key = keyOf(message.id);
    const resumed = resumption.take(key, message, link);
    if (resumed?.objection !== undefined) onobjection(resumed.objection);
    if (resumed !== undefined) return;
    // Never a second answer, and none to what was cancelled or has failed.
    const pending = requests.settle(key);
    if (pending === undefined) return;
    losses.answered();
    if ('result' in message) resumption.answered(pending.request, message);
    onmessage(message);
  }
}
