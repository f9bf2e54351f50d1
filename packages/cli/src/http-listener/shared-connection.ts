import {
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';

import { callIdOf, withCallId, withOwnId } from '../call-ids.ts';
import type { ClientTransport, Log, OpenTransport } from '../client-transport.ts';
import { errorText, failureAnswer } from '../failure-answer.ts';

interface Call {
  readonly request: JsonRpcRequest;
  /** Everything that belongs to the request, in its own ids; the answer is the last. */
  readonly onmessage: (message: JsonRpcMessage) => void;
}

export interface SharedConnectionOptions {
  open: OpenTransport;
  onlog: Log;
  /** The connection is over, and every call has its answer. Comes once. */
  onclosed: () => void;
}

/**
 * One Nostr connection for the calls of many HTTP clients: MCP 2026-07-28 has no sessions, so an opening for each call
 * would buy nothing. Nothing of one call reaches another: what the server does not relate to a call is dropped.
 */
export class SharedConnection {
  /** When it was needed last, in milliseconds that only grow. */
  usedAt: number = performance.now();
  readonly #options: SharedConnectionOptions;
  readonly #transport: ClientTransport;
  readonly #started: Promise<void>;
  readonly #calls: Map<number, Call> = new Map();
  #lastId = 0;
  /** Why it is over, if it is. */
  #over: Error | undefined;

  constructor(options: SharedConnectionOptions) {
    this.#options = options;
    this.#transport = options.open();
    this.#transport.onmessage = (message, extra) => this.#onmessage(message, extra?.relatedRequestId);
    this.#transport.onerror = (error) => options.onlog(error.message);
    this.#transport.onclose = () =>
      this.#end(new TransportError('outcome_unknown', 'the server closed the connection before it answered'));
    this.#started = this.#transport.start();
    this.#started.catch((error: unknown) =>
      this.#end(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** Calls that are not answered. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Returns what cancels the call; nothing is delivered after it, nor after the answer. */
  call(request: JsonRpcRequest, onmessage: Call['onmessage']): () => void {
    this.usedAt = performance.now();
    const id = ++this.#lastId;
    this.#calls.set(id, { request, onmessage });
    // One that is over has not left the list of its owner yet: what ended it is the reason.
    if (this.#over !== undefined) this.#fail(id, this.#over);
    else this.#send(withCallId(request, id), (error) => this.#fail(id, error));
    return () => {
      if (!this.#calls.delete(id)) return;
      const params = { requestId: id, reason: 'the HTTP client has gone' };
      this.#notify({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    };
  }

  notify(notification: JsonRpcNotification): void {
    this.usedAt = performance.now();
    this.#notify(notification);
  }

  /** Answers what is under way; never rejects. */
  async close(reason: string): Promise<void> {
    this.#end(new TransportError('outcome_unknown', reason));
    await this.#transport.close().catch((error: unknown) => this.#options.onlog(errorText(error)));
  }

  #notify(notification: JsonRpcNotification): void {
    this.#send(notification, (error) =>
      this.#options.onlog(`${notification.method} was not sent: ${errorText(error)}`),
    );
  }

  #send(message: JsonRpcMessage, onfailed: (error: unknown) => void): void {
    if (this.#over !== undefined) return;
    this.#started
      .then(() => this.#transport.send(message))
      .catch((error: unknown) => {
        if (this.#over === undefined) onfailed(error);
      });
  }

  #onmessage(message: JsonRpcMessage, relatedRequestId: string | number | undefined): void {
    this.usedAt = performance.now();
    if (isRequest(message)) return this.#refuse(message);
    const id = callIdOf(message, relatedRequestId);
    const call = typeof id === 'number' ? this.#calls.get(id) : undefined;
    if (typeof id !== 'number' || call === undefined) return;
    if (isResponse(message)) this.#calls.delete(id);
    call.onmessage(withOwnId(message, id, call.request));
  }

  /** MCP 2026-07-28, Transports: a server sends no requests. One that does must not wait for an answer in vain. */
  #refuse({ id, method }: JsonRpcRequest): void {
    const refusal = {
      code: -32_601,
      message: `Method not found: ${method}; the client speaks MCP 2026-07-28 or later`,
    };
    this.#send({ jsonrpc: '2.0', id, error: refusal }, (error) => this.#options.onlog(errorText(error)));
  }

  #end(error: Error): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    for (const id of this.#calls.keys()) this.#fail(id, error);
    this.#options.onclosed();
  }

  #fail(id: number, error: unknown): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    call.onmessage(failureAnswer(call.request.id, error));
  }
}
