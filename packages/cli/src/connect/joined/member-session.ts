import {
  type FailureCode,
  failureResponse,
  isFailureCode,
  isProgressOf,
  isRecord,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  type RequestId,
  SessionReplay,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { ClientTransport, Log, OpenTransport } from '../../client-transport.ts';
import { errorText, failureAnswer } from '../../failure-answer.ts';

export interface MemberSessionOptions {
  prefix: string;
  open: OpenTransport;
  /** A request or notification of the server, and the request of the host on whose behalf it comes. */
  onmessage: (message: JsonRpcRequest | JsonRpcNotification, hostId: RequestId | undefined) => void;
  /** It has answered `initialize`: at first, and when a lost connection is back. */
  onready: () => void;
  /** The connection is gone, and with it whatever the server has asked. */
  onlost: () => void;
  onlog: Log;
}

/** A request that the server has not answered. */
interface Pending {
  readonly request: JsonRpcRequest;
  readonly hostId: RequestId | undefined;
  readonly resolve: (answer: Answer | undefined) => void;
}

/** What we have with one server of several: its requests have ids of ours, and it comes back when it was lost. */
export class MemberSession {
  readonly prefix: string;
  readonly #options: MemberSessionOptions;
  readonly #pending: Map<RequestId, Pending> = new Map();
  readonly #replay = new SessionReplay();
  #initialize: JsonRpcRequest | undefined;
  #result: JsonRpcResultResponse['result'] | undefined;
  #transport: ClientTransport | undefined;
  /** The same one, once the server has answered `initialize` on it. */
  #established: ClientTransport | undefined;
  #opening: Promise<ClientTransport> | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(options: MemberSessionOptions) {
    this.prefix = options.prefix;
    this.#options = options;
  }

  /** What it has answered to `initialize`. */
  get result(): JsonRpcResultResponse['result'] | undefined {
    return this.#result;
  }

  /** Begins the session as the host does. Never rejects. */
  async initialize(request: JsonRpcRequest): Promise<Answer> {
    this.#initialize = request;
    try {
      await this.#ready();
      return { jsonrpc: '2.0', id: request.id, result: this.#result ?? {} };
    } catch (error) {
      return this.#failure(request.id, error);
    }
  }

  /** The server's answer, or why there is none; undefined when it was cancelled. Never rejects. */
  async ask(
    method: string,
    params: JsonRpcRequest['params'],
    hostId?: RequestId,
  ): Promise<Answer | undefined> {
    const request: JsonRpcRequest = { jsonrpc: '2.0', id: this.#newId(), method, params };
    const answered = this.#await(request, hostId);
    try {
      const transport = await this.#ready();
      if (this.#pending.has(request.id)) await transport.send(request);
    } catch (error) {
      this.#settle(request.id, this.#failure(request.id, error));
    }
    const answer = await answered;
    if (answer === undefined) return undefined;
    if ('error' in answer) return this.#withPrefix(answer);
    this.#replay.answered(request, answer);
    return answer;
  }

  /** A notification of the host, or its answer to what this server has asked. */
  tell(message: JsonRpcMessage): void {
    this.#replay.notified(message);
    this.#established?.send(message).catch((error: unknown) => this.#log(errorText(error)));
  }

  /** The host waits no more for the answer to this request of its own. */
  cancel(hostId: RequestId, params: JsonRpcNotification['params']): void {
    for (const [id, pending] of this.#pending) {
      if (pending.hostId !== hostId) continue;
      this.#settle(id, undefined);
      this.tell({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { ...params, requestId: id },
      });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#established = undefined;
    this.#settleAll('outcome_unknown', 'the connection was closed');
    await this.#transport?.close();
  }

  /** The session's transport, begun anew when there is none. */
  #ready(): Promise<ClientTransport> {
    if (this.#established !== undefined) return Promise.resolve(this.#established);
    if (this.#isClosed) return Promise.reject(new Error('the connection was closed'));
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<ClientTransport> {
    const transport = this.#options.open();
    this.#transport = transport;
    transport.onmessage = (message, extra) => this.#receive(message, extra?.relatedRequestId);
    transport.onerror = (error) => this.#log(error.message);
    transport.onclose = () => this.#lost(transport);
    try {
      await transport.start();
      await this.#begin(transport);
    } catch (error) {
      transport.onclose = undefined;
      transport.close().catch(() => undefined); // It never opened.
      throw error;
    }
    this.#established = transport;
    this.#options.onready();
    return transport;
  }

  /** @throws {Refusal} */
  async #begin(transport: ClientTransport): Promise<void> {
    if (this.#initialize === undefined) throw new Error('the host has not sent initialize');
    const id = this.#newId();
    const isFirst = this.#replay.isEmpty;
    const request = this.#replay.opening(String(id)) ?? this.#initialize;
    const answered = this.#await({ ...request, id }, undefined);
    await transport.send({ ...request, id });
    const answer = await answered;
    if (answer === undefined || 'error' in answer) throw new Refusal(answer);
    const objection = isFirst ? undefined : this.#replay.objection(answer);
    if (objection !== undefined) throw new Error(objection);
    this.#result = answer.result;
    this.#replay.answered(this.#initialize, answer);
    for (const message of this.#replay.rest(() => `again-${this.#newId()}`)) await transport.send(message);
    if (this.#isClosed) throw new Error('the connection was closed');
  }

  #receive(message: JsonRpcMessage, relatedId: RequestId | undefined): void {
    if (isResponse(message)) {
      if (message.id !== undefined) this.#settle(message.id, message);
      return;
    }
    const related = relatedId === undefined ? undefined : this.#pending.get(relatedId);
    if (message.method !== 'notifications/progress') return this.#options.onmessage(message, related?.hostId);
    // The host's tokens tell its own requests apart: nobody else may speak of one.
    const progressed = [...this.#pending.values()].find(({ request }) => isProgressOf(message, request));
    if (progressed !== undefined) this.#options.onmessage(message, progressed.hostId);
  }

  #lost(transport: ClientTransport): void {
    if (this.#isClosed) return;
    const wasOpen = transport === this.#established;
    this.#established = undefined;
    this.#settleAll('outcome_unknown', 'the server closed the connection before it answered');
    if (!wasOpen) return;
    this.#log('the server closed the connection; the next request opens another');
    this.#options.onlost();
  }

  #await(request: JsonRpcRequest, hostId: RequestId | undefined): Promise<Answer | undefined> {
    return new Promise((resolve) => this.#pending.set(request.id, { request, hostId, resolve }));
  }

  #settle(id: RequestId, answer: Answer | undefined): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.resolve(answer);
  }

  #settleAll(code: FailureCode, reason: string): void {
    for (const id of this.#pending.keys()) this.#settle(id, failureResponse(id, code, reason));
  }

  #failure(id: RequestId, error: unknown): JsonRpcErrorResponse {
    if (error instanceof Refusal && error.answer !== undefined) return { ...error.answer, id };
    return failureAnswer(id, error);
  }

  /** A failure of the way says whose way it is. */
  #withPrefix(answer: JsonRpcErrorResponse): JsonRpcErrorResponse {
    const { error } = answer;
    const code = isRecord(error.data) ? error.data['code'] : undefined;
    if (typeof code !== 'string' || !isFailureCode(code)) return answer;
    return { ...answer, error: { ...error, message: `${this.prefix}: ${error.message}` } };
  }

  #newId(): number {
    return ++this.#lastId;
  }

  #log(line: string): void {
    this.#options.onlog(`${this.prefix}: ${line}`);
  }
}

/** The server has answered `initialize` with an error. */
class Refusal extends Error {
  readonly answer: JsonRpcErrorResponse | undefined;
  constructor(answer: JsonRpcErrorResponse | undefined) {
    super(answer?.error.message ?? 'the connection was closed');
    this.answer = answer;
  }
}
