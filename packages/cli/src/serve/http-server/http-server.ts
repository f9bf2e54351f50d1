import {
  cancelledId,
  claimedVersion,
  failureResponse,
  isProgressOf,
  isRequest,
  isResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';
import { atMost } from '@mcp-nostr/transport';

import type { Answer } from '../../answer.ts';
import { shownLine } from '../../log/redact.ts';
import { oneLine } from '../../terminal.ts';
import { AskedRequests } from '../asked-requests.ts';
import type { ServerTransport } from '../child-server.ts';
import { ArgumentHeaders } from './argument-headers.ts';
import { exchange } from './exchange.ts';
import { detailOf, HttpFailure, networkFailure, toAnswer, toProbeAnswer } from './http-failure.ts';
import { limits } from './limits.ts';
import { isSessionLost, Session } from './session.ts';
import type { Upstream } from './upstream.ts';

export interface HttpServerOptions {
  upstream: Upstream;
  /** Public key of the caller. */
  caller: string;
  /** What the operator should know, without control characters. */
  onlog: (line: string) => void;
  ongone?: () => void;
}

/** A request of the client that is not answered. */
interface Call {
  readonly request: JsonRpcRequest;
  readonly controller: AbortController;
}

/** An MCP server that speaks Streamable HTTP, for one connection. Messages pass through as they are. */
export class HttpServer {
  /** The HTTP server knows by itself which versions of MCP it speaks. */
  readonly decidesVersion = true;
  readonly #options: HttpServerOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #calls: Map<RequestId, Call> = new Map();
  readonly #asked = new AskedRequests();
  readonly #argumentHeaders: ArgumentHeaders;
  readonly #controller = new AbortController();
  #session: Session;
  /** What was sent before and must arrive before: notifications, and the renewal of a session. */
  #turn: Promise<void> = Promise.resolve();
  /** Requests, and what has no answer, that are being sent. */
  #performing = 0;
  #telling = 0;
  #transport: ServerTransport | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#headers = { [options.upstream.callerHeader]: options.caller };
    this.#argumentHeaders = new ArgumentHeaders({
      upstream: options.upstream,
      headers: this.#headers,
      signal: this.#controller.signal,
      onlog: (line) => this.#log(line),
    });
    this.#session = this.#newSession();
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message) => this.#receive(message);
    transport.onclose = () => void this.close(); // it never rejects
    await transport.start();
  }

  /** Ends what is under way and the session. Never rejects. */
  close(): Promise<void> {
    // Later, not now: closing the transport comes back here through its onclose.
    this.#closing ??= Promise.resolve().then(() => this.#stop());
    return this.#closing;
  }

  async #stop(): Promise<void> {
    this.#controller.abort(new Error('the connection was closed'));
    for (const { controller } of this.#calls.values()) controller.abort();
    this.#calls.clear();
    await Promise.allSettled([this.#session.end(), this.#transport?.close()]);
    this.#options.ongone?.();
  }

  /** A message of the client. */
  #receive(message: JsonRpcMessage): void {
    if (this.#closing !== undefined) return;
    const { maxExchanges, receptionTimeoutMs } = limits;
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#cancel(message, cancelled);
    else if (isRequest(message) && this.#performing >= maxExchanges)
      this.#send(failureResponse(message.id, 'busy', 'too many requests are under way'));
    else if (isRequest(message)) void this.#call(message); // it never rejects
    // Apart from the requests, which may be waiting for an answer of the client.
    else if (this.#telling >= maxExchanges)
      this.#log('the HTTP server does not keep up; a message was dropped');
    else if (isResponse(message)) this.#reply(message);
    else this.#turn = atMost(receptionTimeoutMs, this.#tell(message));
  }

  async #call(request: JsonRpcRequest): Promise<void> {
    const call: Call = { request, controller: new AbortController() };
    this.#calls.set(request.id, call);
    this.#performing++;
    try {
      await this.#turn;
      if (request.method === 'initialize' && !isModern(request)) this.#startSession();
      await this.#perform(call);
    } catch (error) {
      // Nobody waits any more for what was cancelled.
      if (this.#calls.get(request.id) === call) this.#fail(call, error);
    } finally {
      this.#performing--;
      if (this.#calls.get(request.id) === call) this.#calls.delete(request.id);
    }
  }

  async #perform(call: Call): Promise<void> {
    const { request } = call;
    if (isModern(request)) return this.#exchange(call, undefined);
    const session = this.#session;
    const { key } = session;
    try {
      await this.#exchange(call, session);
    } catch (error) {
      if (!isSessionLost(error, key)) throw error;
      // It was refused and not executed, so it may be sent again; once.
      await session.renew(key);
      await this.#exchange(call, session);
    }
  }

  async #exchange(call: Call, session: Session | undefined): Promise<void> {
    const { request, controller } = call;
    const messageHeaders = session === undefined ? await this.#argumentHeaders.of(request) : undefined;
    // Cancelled while something else had to come first.
    if (this.#calls.get(request.id) !== call) return;
    await exchange(this.#options.upstream, request, {
      session: request.method === 'initialize' ? undefined : session?.key,
      headers: this.#headers,
      messageHeaders,
      signal: controller.signal,
      onmessage: (message, sessionId) => {
        if (isResponse(message)) this.#answer(message, call, sessionId);
        // Nothing for a request after its answer or its cancellation.
        else if (this.#calls.get(request.id) === call) this.#send(message, request.id);
        else if (isRequest(message) && session !== undefined) void this.#tell(refusalOf(message)); // it never rejects
      },
    });
  }

  /** Sends what has no answer. Never rejects. */
  async #tell(message: JsonRpcMessage): Promise<void> {
    this.#telling++;
    try {
      await this.#turn;
      await this.#session.tell(message);
    } catch (error) {
      if (this.#closing === undefined) this.#log(`a message was not taken: ${detailOf(error)}`);
    } finally {
      this.#telling--;
    }
  }

  /** An answer to what the server has asked. */
  #reply(answer: Answer): void {
    const known = this.#asked.toServer(answer);
    if (known !== undefined) void this.#tell(known); // it never rejects
  }

  /** The session that asked is over, so that nobody waits for the answers. */
  #cancelAsked(): void {
    for (const farewell of this.#asked.giveUp('the session is over')) this.#send(farewell);
  }

  /**
   * MCP 2026-07-28 cancels by closing the stream; before, a notification does it, and the stream is closed because no
   * answer comes any more.
   */
  #cancel(notification: JsonRpcMessage, id: RequestId): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    if (isModern(call.request)) return call.controller.abort();
    const told = this.#tell(notification).finally(() => call.controller.abort());
    this.#turn = atMost(limits.receptionTimeoutMs, told);
  }

  /** An answer of the HTTP server, on the stream of a call. */
  #answer(answer: Answer, call: Call, sessionId: string | undefined): void {
    const { request } = call;
    if (this.#calls.get(request.id) !== call) return;
    this.#calls.delete(request.id);
    if (!('result' in answer)) return this.#sendError({ ...answer, id: request.id });
    if (!isModern(request)) this.#session.answered(request, answer);
    if (!isModern(request) && request.method === 'initialize') this.#session.begin(sessionId, answer);
    const isList = request.method === 'tools/list' && isModern(request);
    this.#send(isList ? this.#argumentHeaders.learn(answer) : answer);
  }

  #fail(call: Call, error: unknown): void {
    const failure = error instanceof HttpFailure ? error : networkFailure(error);
    // An error of the protocol is the caller's to read; all else is the operator's too.
    if (failure.answer === undefined) this.#log(`${oneLine(call.request.method, 60)}: ${detailOf(failure)}`);
    const { id, method } = call.request;
    this.#sendError(method === 'server/discover' ? toProbeAnswer(id, failure) : toAnswer(id, failure));
  }

  #sendError(answer: JsonRpcErrorResponse): void {
    // The schema that a header was made by may be an old one.
    if (answer.error.code === HEADER_MISMATCH) this.#argumentHeaders.forget();
    this.#send(answer);
  }

  #startSession(): void {
    this.#cancelAsked();
    const former = this.#session;
    this.#session = this.#newSession();
    void former.end(); // it never rejects
  }

  #newSession(): Session {
    const session: Session = new Session({
      upstream: this.#options.upstream,
      headers: this.#headers,
      onmessage: (message) => this.#fromSession(message),
      onlog: (line) => this.#log(line),
      // Lists may be others now; the client is not told, because its server has not changed.
      onrenewed: () => {
        this.#argumentHeaders.forget();
        this.#cancelAsked();
      },
      onover: (reason) => {
        this.#log(`${reason}; the connection ends`);
        void this.close(); // it never rejects
      },
    });
    return session;
  }

  /** On the session's own stream. */
  #fromSession(message: JsonRpcMessage): void {
    if (isResponse(message)) {
      const call = message.id === undefined ? undefined : this.#calls.get(message.id);
      if (call !== undefined) this.#answer(message, call, undefined);
      return;
    }
    if (message.method !== 'notifications/progress') return this.#send(message);
    // Late progress must not reach a host that has its answer.
    const call = [...this.#calls.values()].find(({ request }) => isProgressOf(message, request));
    if (call !== undefined) this.#send(message, call.request.id);
  }

  #send(message: JsonRpcMessage, relatedRequestId?: RequestId): void {
    if (this.#closing !== undefined) return;
    if ('method' in message && message.method === 'notifications/tools/list_changed')
      this.#argumentHeaders.forget();
    const shown = this.#shown(message);
    void this.#transport?.send(shown, { relatedRequestId }).catch((error: unknown) => {
      if (this.#closing !== undefined) return;
      this.#log(`a message could not be sent: ${String(error)}`);
      if (isRequest(shown)) this.#reply(refusalOf(shown));
    });
  }

  /** As the client shall know it. */
  #shown(message: JsonRpcMessage): JsonRpcMessage {
    if (isRequest(message)) return this.#asked.asked(message);
    return isResponse(message) ? message : this.#asked.toClient(message);
  }

  #log(line: string): void {
    this.#options.onlog(shownLine(line, 600));
  }
}

function refusalOf({ id }: JsonRpcRequest): JsonRpcErrorResponse {
  return failureResponse(id, 'outcome_unknown', 'the client does not take this request any more');
}

/** MCP 2026-07-28's HeaderMismatch. */
const HEADER_MISMATCH = -32_020;

/** A request of MCP 2026-07-28 and later says so itself, and belongs to no session. */
function isModern(request: JsonRpcRequest): boolean {
  return typeof claimedVersion(request) === 'string';
}
