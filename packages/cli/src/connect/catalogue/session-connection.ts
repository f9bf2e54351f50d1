import {
  cancelledId,
  failureResponse,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { ClientTransport } from '../../client-transport.ts';
import { failureAnswer } from '../../failure-answer.ts';
import { ownId } from './own-id.ts';

export interface SessionConnectionOptions {
  transport: ClientTransport;
  /** A request of the host has its answer. */
  onanswer: (request: JsonRpcRequest, answer: Answer) => void;
  /** A notification or a request of the server. */
  onmessage: ClientTransport['onmessage'];
  onerror: (error: Error) => void;
  /** The server gave the connection up; everything has an answer. */
  onclose: () => void;
}

/** One connection of a session: the host's messages pass as they are, among them requests of our own. */
export class SessionConnection {
  readonly #options: SessionConnectionOptions;
  readonly #transport: ClientTransport;
  readonly #started: Promise<void>;
  readonly #forwarded: Map<RequestId, JsonRpcRequest> = new Map();
  readonly #asked: Map<RequestId, (answer: Answer) => void> = new Map();
  #isOver = false;

  constructor(options: SessionConnectionOptions) {
    this.#options = options;
    this.#transport = options.transport;
    this.#transport.onmessage = (message, extra) => this.#receive(message, extra);
    this.#transport.onerror = options.onerror;
    this.#transport.onclose = () => this.#end();
    this.#started = this.#transport.start();
    // A transport that did not start never will.
    this.#started.catch((error: unknown) => this.#end(error));
  }

  /** Never rejects: a failure of the way is the answer. */
  ask(method: string, params?: JsonRpcRequest['params']): Promise<Answer> {
    const id = ownId();
    const request = { jsonrpc: '2.0' as const, id, method, ...(params === undefined ? {} : { params }) };
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#send(request, (error) => this.#answered(failureAnswer(id, error)));
    });
  }

  /** A request of the host. */
  forward(request: JsonRpcRequest): void {
    this.#forwarded.set(request.id, request);
    this.#send(request, (error) => this.#answered(failureAnswer(request.id, error)));
  }

  /** A notification or an answer of the host; a cancelled request gets no answer any more. */
  tell(message: JsonRpcMessage): void {
    const cancelled = cancelledId(message);
    if (cancelled !== undefined && !this.#forwarded.delete(cancelled)) return;
    this.#send(message, this.#options.onerror);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#forwarded.clear();
    this.#asked.clear();
    await this.#transport.close();
  }

  #send(message: JsonRpcMessage, onfailed: (error: Error) => void): void {
    if (this.#isOver) return onfailed(new Error('the connection is over'));
    this.#started
      .then(() => this.#transport.send(message))
      .catch((error: unknown) => onfailed(error instanceof Error ? error : new Error(String(error))));
  }

  #receive(message: JsonRpcMessage, extra: Parameters<NonNullable<ClientTransport['onmessage']>>[1]): void {
    if (this.#isOver) return;
    if (isResponse(message)) this.#answered(message);
    else this.#options.onmessage?.(message, extra);
  }

  #answered(answer: Answer): void {
    const { id } = answer;
    if (id === undefined) return;
    const resolve = this.#asked.get(id);
    if (resolve !== undefined) {
      this.#asked.delete(id);
      return resolve(answer);
    }
    const request = this.#forwarded.get(id);
    // Nobody waits for it: the request was cancelled, or answered before.
    if (request === undefined || !this.#forwarded.delete(id)) return;
    this.#options.onanswer(request, answer);
  }

  #end(cause?: unknown): void {
    if (this.#isOver) return;
    const answerTo = (id: RequestId): JsonRpcErrorResponse =>
      cause === undefined
        ? failureResponse(id, 'outcome_unknown', 'the server closed the connection before it answered')
        : failureAnswer(id, cause);
    this.#isOver = true;
    this.#options.onclose();
    for (const id of [...this.#asked.keys(), ...this.#forwarded.keys()]) this.#answered(answerTo(id));
    // It has ended, or never opened.
    this.#transport.close().catch(() => undefined);
  }
}
