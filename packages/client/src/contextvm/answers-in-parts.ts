import { DecodeError, type JsonRpcMessage } from '@mcp-nostr/core';
import { frameFamily, parseTransferFrame } from '@mcp-nostr/core/contextvm';
import {
  type BareSender,
  type IncomingBare,
  TransportError,
  type TransferredMessage,
  Transfers,
  type UnfinishedMessages,
} from '@mcp-nostr/transport';

import type { FailRequest } from './bare-failures.ts';
import type { BareRequest } from './bare-request.ts';
import type { BareRequests } from './bare-requests.ts';
import { bareClientLimits as limits } from './limits.ts';

export interface AnswersInPartsOptions {
  requests: BareRequests;
  sender: Pick<BareSender, 'accepted' | 'refused'>;
  unfinished: UnfinishedMessages;
  /** Says something to the server, which nobody waits for. */
  reply: (text: string) => void;
  fail: FailRequest;
  /** The answer did not come whole, and its request may be sent again. */
  onlost: (request: BareRequest) => void;
}

/** Answers that are too large for one event (CEP-22), and what the server says of requests that are. */
export class AnswersInParts {
  readonly #options: AnswersInPartsOptions;
  readonly #transfers: Transfers;

  constructor(options: AnswersInPartsOptions) {
    this.#options = options;
    const { sender, unfinished, reply } = options;
    this.#transfers = new Transfers({
      sender,
      unfinished,
      isAskedFor: true,
      reply,
      onfailed: (error, token) => this.#onfailed(error, token),
    });
  }

  /**
   * Whether a message is a part; `onwhole`: it was the last one.
   * @throws {DecodeError} `bad_transfer`
   */
  takes(
    message: JsonRpcMessage,
    incoming: IncomingBare,
    onwhole: (whole: TransferredMessage, request: BareRequest) => void,
  ): boolean {
    if (frameFamily(message) !== 'oversized-transfer') return false;
    const frame = parseTransferFrame(message);
    // Whatever nobody waits for takes no room.
    const request = this.#options.requests.byToken(frame?.token);
    if (frame === undefined || request === undefined) return true;
    // The server is at work on it; or ready for the request itself, which is on its way.
    if (frame.frameType !== 'accept') request.hold();
    const whole = this.#transfers.take(frame, incoming);
    // While the request itself is on its way in parts it is that which the server does not take.
    if (frame.frameType === 'abort' && request.isOut)
      this.#onfailed(
        new Error(`the server gave it up: ${frame.reason ?? 'it did not say why'}`),
        frame.token,
      );
    if (whole !== undefined) onwhole(whole, request);
    return true;
  }

  close(): void {
    this.#transfers.close();
  }

  #onfailed(error: Error, token: string): void {
    const { requests, fail, onlost } = this.#options;
    const request = requests.byToken(token);
    if (request === undefined) return;
    if (isTooLarge(error)) fail(request, 'message_too_large', `the answer was dropped: ${error.message}`);
    else if (!request.isHarmless)
      fail(
        request,
        'outcome_unknown',
        `the request may have been executed; its answer was lost: ${error.message}`,
      );
    else if (++request.lostAnswers > limits.maxLostAnswers)
      fail(request, 'server_failed', `the answer never came whole: ${error.message}`);
    else onlost(request);
  }
}

function isTooLarge(error: Error): boolean {
  return error instanceof DecodeError ? error.code === 'too_large' : error instanceof TransportError;
}
