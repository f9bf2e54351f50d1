import {
  isInitializeResult,
  isRecord,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  SessionReplay,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { OpenTransport } from '../../client-transport.ts';
import type { Fields } from './catalogue.ts';
import { claimsOf } from './host-requests.ts';
import { type ListMethod, lists } from './lists.ts';
import { ownId } from './own-id.ts';
import { type Failure, failureOf } from './tool-failure.ts';
import { SessionConnection, type SessionConnectionOptions } from './session-connection.ts';

export interface SessionOptions extends Pick<SessionConnectionOptions, 'onanswer' | 'onmessage' | 'onerror'> {
  open: OpenTransport;
  /** The server has answered what the host opened with; what the host said meanwhile is sent after this. */
  onopened: (opening: JsonRpcRequest, answer: Answer) => void;
  /** The connection is over; `attempt` opens another. */
  onlost: () => void;
}

/** What the host has with the server, over one connection after the other. */
export class Session {
  readonly #options: SessionOptions;
  readonly #replay = new SessionReplay();
  #opening: JsonRpcRequest | undefined;
  #connection: SessionConnection | undefined;
  /** The connection on which the server has answered `initialize`. */
  #established: SessionConnection | undefined;
  #capabilities: Fields | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** The host's `initialize` or, in MCP 2026-07-28, `server/discover`. */
  get opening(): JsonRpcRequest | undefined {
    return this.#opening;
  }

  /** The host opened as MCP 2026-07-28 does. */
  get isModern(): boolean {
    return this.#opening?.method === 'server/discover';
  }

  /** What a request of ours on behalf of the host carries. */
  get params(): JsonRpcRequest['params'] {
    return this.#opening !== undefined && this.isModern ? { _meta: claimsOf(this.#opening) } : undefined;
  }

  begin(opening: JsonRpcRequest): void {
    this.#opening = opening;
    this.#established = undefined;
  }

  /** Whether the server has this list; supposed while it has not said. */
  hasList(method: ListMethod): boolean {
    return this.#capabilities === undefined || isRecord(this.#capabilities[lists[method].capability]);
  }

  /** Opens what is not open, or asks for a sign of life. Returns why there is none. */
  async attempt(): Promise<Failure | undefined> {
    const opening = this.#opening;
    if (opening === undefined) return { code: 'server_failed', message: 'the host has not begun' };
    const connection = (this.#connection ??= this.#open());
    if (connection === this.#established) return failureOf(await connection.ask('ping'));
    const answer = await connection.ask(opening.method, opening.params);
    const failure = failureOf(answer);
    if (failure !== undefined) return failure;
    if (opening.method === 'initialize') return this.#initialized(opening, connection, answer);
    if ('result' in answer && isRecord(answer.result['capabilities']))
      this.#capabilities = answer.result['capabilities'];
    this.#options.onopened(opening, answer);
    return undefined;
  }

  /** Never rejects. */
  ask(method: string, params?: JsonRpcRequest['params']): Promise<Answer> {
    return (this.#connection ??= this.#open()).ask(method, params);
  }

  forward(request: JsonRpcRequest): void {
    (this.#connection ??= this.#open()).forward(request);
  }

  /** A notification or an answer of the host; while there is no session most of them have lost their meaning. */
  tell(message: JsonRpcMessage): void {
    this.#replay.notified(message);
    if (this.#opening?.method !== 'initialize' || this.#established === this.#connection)
      this.#connection?.tell(message);
  }

  /** The server has answered a request of the host, or will have to. */
  answered(request: JsonRpcRequest, response: JsonRpcResultResponse): void {
    this.#replay.answered(request, response);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  #open(): SessionConnection {
    const connection: SessionConnection = new SessionConnection({
      ...this.#options,
      transport: this.#options.open(),
      onclose: () => {
        if (connection !== this.#connection) return;
        this.#connection = this.#established = undefined;
        this.#options.onlost();
      },
    });
    return connection;
  }

  #initialized(opening: JsonRpcRequest, connection: SessionConnection, answer: Answer): Failure | undefined {
    // The host has begun anew, or the connection ended with its answer.
    if (opening !== this.#opening || connection !== this.#connection) return undefined;
    this.#options.onopened(opening, answer);
    if ('error' in answer || !isInitializeResult(answer.result)) {
      const reason = 'error' in answer ? answer.error.message : 'its answer is none of MCP';
      return { code: 'server_failed', message: `the server did not begin a session: ${reason}` };
    }
    this.#established = connection;
    this.#capabilities = isRecord(answer.result['capabilities']) ? answer.result['capabilities'] : {};
    this.#replay.answered(opening, answer);
    for (const message of this.#replay.rest(() => String(ownId()))) {
      if ('id' in message && 'method' in message) void connection.ask(message.method, message.params);
      else connection.tell(message);
    }
    return undefined;
  }
}
