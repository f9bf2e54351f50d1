import { randomUUID } from 'node:crypto';

import {
  cancelledId,
  failureResponse,
  isRecord,
  isRequest,
  isRequestId,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';

import type { ClientTransport, Log, OpenTransport } from '../client-transport.ts';
import { errorText, failureAnswer } from '../failure-answer.ts';
import type { Limits } from './limits.ts';

export interface LegacySessionOptions {
  open: OpenTransport;
  limits: Limits;
  onlog: Log;
  /** The client has an id for the session from here on. */
  oninitialized: (id: string) => void;
  /** Comes once, however the session ends. */
  onclosed: () => void;
}

/**
 * A session of MCP 2025-11-25 and earlier: one HTTP session is one Nostr connection, so ids, capabilities, log level
 * and subscriptions are what the server takes them for, and messages pass as they are.
 */
export class LegacySession {
  /** When it was used last, in milliseconds that only grow. */
  usedAt: number = performance.now();
  readonly #options: LegacySessionOptions;
  readonly #http: WebStandardStreamableHTTPServerTransport;
  readonly #nostr: ClientTransport;
  #started: Promise<void> | undefined;
  /** HTTP requests and streams that are open. */
  #open = 0;
  /** The end of the stream on which the client listens beside its calls. */
  #listening: Promise<void> | undefined;
  /** By the ids of the client's requests: the end of each response that is open. */
  readonly #streams: Map<RequestId, Promise<void>> = new Map();
  /** Requests of the client that are not answered. */
  readonly #pending: Set<RequestId> = new Set();
  #initializeId: RequestId | undefined;
  #isClosed = false;
  #goodbye: Promise<void> = Promise.resolve();

  constructor(options: LegacySessionOptions) {
    this.#options = options;
    this.#nostr = options.open();
    this.#http = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: options.oninitialized,
      keepAliveMs: options.limits.keepAliveMs,
    });
    this.#http.onmessage = (message) => this.#fromClient(message);
    this.#http.onclose = () => this.close();
    this.#nostr.onmessage = (message, extra) => void this.#fromServer(message, extra?.relatedRequestId); // never rejects
    this.#nostr.onerror = (error) => options.onlog(error.message);
    this.#nostr.onclose = () => this.close();
  }

  get id(): string | undefined {
    return this.#http.sessionId;
  }

  get isIdle(): boolean {
    return this.#open === 0 && this.#pending.size === 0;
  }

  /** Nobody waits here, so that even an answer would have nowhere to go. */
  get isLeft(): boolean {
    return this.#open === 0;
  }

  /** Resolves when the server was told that the session is over. */
  get goodbye(): Promise<void> {
    return this.#goodbye;
  }

  /** `ended`: resolves when the response is written or the client has gone. */
  async handle(request: Request, parsedBody: unknown, ended: Promise<void>): Promise<Response> {
    this.usedAt = performance.now();
    this.#open += 1;
    const ids = [parsedBody].flat().map(idOf).filter(isRequestId);
    for (const id of ids) this.#streams.set(id, ended);
    void ended.then(() => {
      this.#open -= 1;
      this.usedAt = performance.now();
      for (const id of ids) if (this.#streams.get(id) === ended) this.#streams.delete(id);
    });
    const response = await this.#http.handleRequest(request, { parsedBody });
    if (request.method === 'GET' && response.ok) {
      this.#listening = ended;
      void ended.then(() => {
        if (this.#listening === ended) this.#listening = undefined;
      });
    }
    return response;
  }

  /** Answers what waits and says goodbye to the server. */
  close(reason = 'the session was closed'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const id of this.#pending) void this.#toClient(failureResponse(id, 'outcome_unknown', reason)); // never rejects
    void this.#http.close(); // never rejects
    this.#goodbye = this.#nostr.close().catch((error: unknown) => this.#options.onlog(errorText(error)));
    this.#options.onclosed();
  }

  #fromClient(message: JsonRpcMessage): void {
    if (isRequest(message)) {
      this.#pending.add(message.id);
      if (message.method === 'initialize') this.#initializeId ??= message.id;
    }
    const cancelled = cancelledId(message);
    if (cancelled !== undefined && this.#pending.delete(cancelled)) this.#forget(cancelled);
    this.#started ??= this.#nostr.start();
    this.#started
      .then(() => this.#nostr.send(message))
      .catch((error: unknown) => {
        if (isRequest(message)) this.#fail(message, error);
        else if (!this.#isClosed)
          this.#options.onlog(`a message of the client was not sent: ${errorText(error)}`);
      });
  }

  #fail({ id }: JsonRpcRequest, error: unknown): void {
    if (this.#pending.has(id)) void this.#fromServer(failureAnswer(id, error)); // never rejects
  }

  async #fromServer(message: JsonRpcMessage, related?: RequestId): Promise<void> {
    this.usedAt = performance.now();
    if (isResponse(message) && message.id !== undefined) this.#pending.delete(message.id);
    // A stdio server behind the other end cannot say for which request it asks, and not every client listens beside
    // its requests: its newest one is heard for sure.
    const stream = related ?? (isRequest(message) ? this.#newestOpen() : undefined);
    const isOpen = stream === undefined ? this.#listening !== undefined : this.#streams.has(stream);
    const isSent = await this.#toClient(message, stream);
    if (isRequest(message) && !(isOpen && isSent)) this.#refuse(message);
    // There is no session where the server did not begin one.
    if ('error' in message && message.id !== undefined && message.id === this.#initializeId) this.close();
  }

  #newestOpen(): RequestId | undefined {
    return [...this.#pending].filter((id) => this.#streams.has(id)).at(-1);
  }

  /** It was cancelled: no answer comes that would end its response, if no other request of a batch shares that. */
  #forget(id: RequestId): void {
    const ended = this.#streams.get(id);
    const others = [...this.#streams].filter(([other, end]) => end === ended && this.#pending.has(other));
    if (others.length > 0) return;
    this.#http.closeSSEStream(id);
    // The SDK's transport lets go of an id by its answer, which nobody reads any more.
    void this.#toClient(failureResponse(id, 'outcome_unknown', 'cancelled')); // never rejects
  }

  /** The client has left the stream on which it would have been asked; the server must not wait for it. */
  #refuse({ id }: JsonRpcRequest): void {
    const answer = failureResponse(id, 'outcome_unknown', 'the HTTP client has gone');
    this.#nostr.send(answer).catch((error: unknown) => this.#options.onlog(errorText(error)));
  }

  /** Whether there was a stream for it. A client that has gone is no fault of anybody. Never rejects. */
  async #toClient(message: JsonRpcMessage, relatedRequestId?: RequestId): Promise<boolean> {
    try {
      await this.#http.send(message, relatedRequestId === undefined ? {} : { relatedRequestId });
      return true;
    } catch {
      return false;
    }
  }
}

/** The id of a request, before anybody has checked that it is one. */
function idOf(body: unknown): unknown {
  return isRecord(body) && 'method' in body ? body['id'] : undefined;
}
