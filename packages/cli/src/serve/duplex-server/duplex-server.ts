import {
  cancelledId,
  failureResponse,
  isProgressOf,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import { shownLine } from '../../log/redact.ts';
import { oneLine } from '../../terminal.ts';
import { AskedRequests } from '../asked-requests.ts';
import type { ServerTransport } from '../child-server.ts';
import {
  detailOf,
  HttpFailure,
  networkFailure,
  toAnswer,
  toProbeAnswer,
} from '../http-server/http-failure.ts';
import type { Connection, OpenConnection } from './connection.ts';
import { limits } from './limits.ts';
import { Session } from './session.ts';

export interface DuplexServerOptions {
  open: OpenConnection;
  /** On each of its connections. */
  headers: Readonly<Record<string, string>>;
  /** Whether the server may speak more than the versions of MCP that begin with `initialize`. */
  decidesVersion: boolean;
  /** What the operator should know, without control characters. */
  onlog: (line: string) => void;
  ongone?: () => void;
}

/** A request of the client that is not answered. */
interface Call {
  readonly request: JsonRpcRequest;
  /** It may have been executed. */
  isSent: boolean;
}

/** An MCP server that speaks SSE or WebSocket, for one connection. Messages pass through as they are. */
export class DuplexServer {
  readonly decidesVersion: boolean;
  readonly #options: DuplexServerOptions;
  readonly #calls: Map<RequestId, Call> = new Map();
  readonly #asked = new AskedRequests();
  #session: Session;
  /** The client has begun a session with `initialize`. */
  #isInitialized = false;
  /** Messages without an answer that wait for the server, and messages on their way to the client. */
  #telling = 0;
  #sending = 0;
  #transport: ServerTransport | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DuplexServerOptions) {
    this.#options = options;
    this.decidesVersion = options.decidesVersion;
    this.#session = this.#newSession();
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message) => this.#receive(message);
    transport.onclose = () => void this.close(); // it never rejects
    await transport.start();
  }

  /** Ends what is under way and the connection to the server. Never rejects. */
  close(): Promise<void> {
    // Later, not now: closing the transport comes back here through its onclose.
    this.#closing ??= Promise.resolve().then(() => this.#stop());
    return this.#closing;
  }

  async #stop(): Promise<void> {
    this.#calls.clear();
    this.#session.close();
    await Promise.allSettled([this.#transport?.close()]);
    this.#options.ongone?.();
  }

  /** A message of the client. */
  #receive(message: JsonRpcMessage): void {
    if (this.#closing !== undefined) return;
    const cancelled = cancelledId(message);
    if (cancelled !== undefined && !this.#calls.delete(cancelled)) return;
    const known = this.#asked.toServer(message);
    if (known === undefined) return;
    if (isRequest(message) && this.#calls.size >= limits.maxCalls)
      this.#send(failureResponse(message.id, 'busy', 'too many requests are under way'));
    else if (isRequest(message)) void this.#call(message); // it never rejects
    else void this.#tell(known); // it never rejects
  }

  async #call(request: JsonRpcRequest): Promise<void> {
    const call: Call = { request, isSent: false };
    this.#calls.set(request.id, call);
    if (request.method === 'initialize') this.#startSession();
    const session = this.#session;
    try {
      const connection = await session.ready();
      await this.#deliver(call, connection).catch(async (error: unknown) => {
        if (!isSessionLost(error)) throw error;
        // It was refused and not executed, so it may be sent again; once.
        call.isSent = false;
        session.forget(connection);
        await this.#deliver(call, await session.ready());
      });
    } catch (error) {
      if (this.#calls.get(request.id) === call) this.#fail(call, error);
    }
  }

  /** @throws {HttpFailure} */
  async #deliver(call: Call, connection: Connection): Promise<void> {
    // Cancelled while something else had to come first.
    if (this.#calls.get(call.request.id) !== call) return;
    call.isSent = true;
    await connection.send(call.request);
  }

  /** Sends what has no answer. Never rejects. */
  async #tell(message: JsonRpcMessage): Promise<void> {
    if (this.#telling >= limits.maxCalls)
      return this.#log('the server does not keep up; a message was dropped');
    this.#telling++;
    try {
      await this.#session.tell(message);
    } catch (error) {
      if (this.#closing === undefined) this.#log(`a message was not taken: ${detailOf(error)}`);
    } finally {
      this.#telling--;
    }
  }

  /** An `initialize` is the beginning of another session, and so of another connection, if there was one. */
  #startSession(): void {
    if (this.#isInitialized) {
      this.#session.close();
      this.#cancelAsked();
      this.#session = this.#newSession();
    }
    this.#isInitialized = true;
  }

  #newSession(): Session {
    const { open, headers } = this.#options;
    return new Session({
      open: (events, signal) => open(headers, events, signal),
      onmessage: (message) => this.#fromServer(message),
      onlost: (failure) => this.#lost(failure),
      onover: (reason) => {
        this.#log(`${reason}; the connection ends`);
        void this.close(); // it never rejects
      },
      onlog: (line) => this.#log(line),
    });
  }

  #fromServer(message: JsonRpcMessage): void {
    if (isRequest(message)) return this.#send(this.#asked.asked(message));
    if (!isResponse(message)) return this.#notify(message);
    const call = message.id === undefined ? undefined : this.#calls.get(message.id);
    if (call === undefined) return;
    this.#calls.delete(call.request.id);
    if ('result' in message) this.#session.answered(call.request, message);
    this.#send(message);
  }

  #notify(message: JsonRpcNotification): void {
    // Late progress must not reach a host that has its answer.
    const call = [...this.#calls.values()].find(({ request }) => isProgressOf(message, request));
    this.#send(this.#asked.toClient(message), call?.request.id);
  }

  /** Whoever waits for an answer gets none any more; nothing is sent again that may have been executed. */
  #lost(failure: HttpFailure): void {
    for (const call of this.#calls.values()) if (call.isSent) this.#fail(call, failure);
    this.#cancelAsked();
  }

  /** The connection that asked is over, so that nobody waits for the answers. */
  #cancelAsked(): void {
    for (const farewell of this.#asked.giveUp('the connection to the server was lost')) this.#send(farewell);
  }

  #fail(call: Call, error: unknown): void {
    const { id, method } = call.request;
    this.#calls.delete(id);
    const failure = error instanceof HttpFailure ? error : networkFailure(error);
    this.#log(`${oneLine(method, 60)}: ${detailOf(failure)}`);
    this.#send(method === 'server/discover' ? toProbeAnswer(id, failure) : toAnswer(id, failure));
  }

  #send(message: JsonRpcMessage, relatedRequestId?: RequestId): void {
    if (this.#closing !== undefined) return;
    this.#sending += 1;
    if (this.#sending >= limits.maxSending) this.#session.pause();
    void this.#transport
      ?.send(message, { relatedRequestId })
      .catch((error: unknown) => {
        if (this.#closing === undefined) this.#log(`a message could not be sent: ${String(error)}`);
      })
      .finally(() => {
        this.#sending -= 1;
        if (this.#sending < limits.maxSending) this.#session.resume();
      });
  }

  #log(line: string): void {
    this.#options.onlog(shownLine(line, 600));
  }
}

/** An SSE server that answers a message with 404 does not know its session, and has not executed it. */
function isSessionLost(error: unknown): boolean {
  return error instanceof HttpFailure && error.status === 404;
}
