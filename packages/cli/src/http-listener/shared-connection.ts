import {
  failureResponse,
  isRequest,
  isResponse,
  type FailureCode,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '@mcp-nostr/core';

import { callIdOf, withCallId, withOwnId } from './call-ids.ts';
import type { ClientTransport, Log, OpenTransport } from './client-transport.ts';

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
  #over: { code: FailureCode; reason: string } | undefined;

  constructor(options: SharedConnectionOptions) {
    this.#options = options;
    this.#transport = options.open();
    this.#transport.onmessage = (message, extra) => this.#onmessage(message, extra?.relatedRequestId);
    this.#transport.onerror = (error) => options.onlog(error.message);
    this.#transport.onclose = () =>
      this.#end('outcome_unknown', 'the server closed the connection before it answered');
    this.#started = this.#transport.start();
    this.#started.catch((error: unknown) => this.#end('relays_unreachable', errorText(error)));
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
    if (this.#over !== undefined) this.#fail(id, this.#over.code, this.#over.reason);
    else this.#send(withCallId(request, id), (reason) => this.#fail(id, 'relays_unreachable', reason));
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
    this.#end('outcome_unknown', reason);
    await this.#transport.close().catch((error: unknown) => this.#options.onlog(errorText(error)));
  }

  #notify(notification: JsonRpcNotification): void {
    this.#send(notification, (reason) =>
      this.#options.onlog(`${notification.method} was not sent: ${reason}`),
    );
  }

  #send(message: JsonRpcMessage, onfailed: (reason: string) => void): void {
    if (this.#over !== undefined) return;
    this.#started
      .then(() => this.#transport.send(message))
      .catch((error: unknown) => {
        if (this.#over === undefined) onfailed(errorText(error));
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
    const error = {
      code: -32_601,
      message: `Method not found: ${method}; the client speaks MCP 2026-07-28 or later`,
    };
    this.#send({ jsonrpc: '2.0', id, error }, (reason) => this.#options.onlog(reason));
  }

  #end(code: FailureCode, reason: string): void {
    if (this.#over !== undefined) return;
    this.#over = { code, reason };
    for (const id of this.#calls.keys()) this.#fail(id, code, reason);
    this.#options.onclosed();
  }

  #fail(id: number, code: FailureCode, reason: string): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    call.onmessage(failureResponse(call.request.id, code, reason));
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
