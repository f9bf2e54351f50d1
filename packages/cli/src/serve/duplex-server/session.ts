import {
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  randomHex,
  type RequestId,
  SessionReplay,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import { detailOf, HttpFailure } from '../http-server/http-failure.ts';
import { Backoff } from './backoff.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import { limits } from './limits.ts';

export interface SessionOptions {
  open: (events: ConnectionEvents, signal: AbortSignal) => Promise<Connection>;
  onmessage: (message: JsonRpcMessage) => void;
  /** What was sent and has no answer will get none. */
  onlost: (failure: HttpFailure) => void;
  /** The server does not take up the session any more. */
  onover: (reason: string) => void;
  onlog: (line: string) => void;
}

interface Asked {
  resolve: (answer: Answer) => void;
  reject: (failure: HttpFailure) => void;
}

/** One opened connection. */
interface Attempt {
  connection: Connection | undefined;
  openedAt: number;
  isOver: boolean;
}

/**
 * What one client and the server have said to each other, across connections: the first is opened when something is to be
 * sent, another when one was lost, and that one hears what the former had heard (`initialize`, log level, subscriptions).
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #replay = new SessionReplay();
  readonly #controller = new AbortController();
  readonly #backoff: Backoff;
  /** Requests of our own, by id. */
  readonly #asked: Map<RequestId, Asked> = new Map();
  #attempt: Attempt | undefined;
  #ready: Promise<Connection> | undefined;
  #isPaused = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#backoff = new Backoff(() => void this.ready().catch(() => undefined)); // It was logged.
  }

  /** The connection, with everything said on it that has to be. @throws {HttpFailure} */
  ready(): Promise<Connection> {
    this.#ready ??= this.#open();
    return this.#ready;
  }

  /** A request of the client that the server has answered with a result. */
  answered(request: JsonRpcRequest, response: JsonRpcResultResponse): void {
    this.#replay.answered(request, response);
    if (request.method === 'initialize') this.#useVersion(response);
  }

  /** Sends what has no answer. @throws {HttpFailure} */
  async tell(message: JsonRpcMessage): Promise<void> {
    const connection = await this.ready();
    this.#replay.notified(message);
    await connection.send(message);
  }

  /** The server has forgotten this connection's session: the next message opens another. */
  forget(connection: Connection): void {
    const attempt = this.#attempt;
    if (attempt?.connection !== connection) return;
    const text =
      'the server behind this one has forgotten the session; the request may have been executed or not';
    this.#lost(attempt, new HttpFailure('broken', text));
    connection.close();
  }

  pause(): void {
    this.#isPaused = true;
    this.#attempt?.connection?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#attempt?.connection?.resume();
  }

  /** Idempotent. */
  close(): void {
    this.#backoff.stop();
    this.#controller.abort(new Error('the connection was closed'));
    const attempt = this.#attempt;
    this.#end(attempt, new HttpFailure('broken', 'the connection was closed'));
    attempt?.connection?.close();
  }

  async #open(): Promise<Connection> {
    this.#backoff.stop();
    const attempt: Attempt = { connection: undefined, openedAt: performance.now(), isOver: false };
    this.#attempt = attempt;
    try {
      this.#controller.signal.throwIfAborted();
      const connection = await this.#options.open(this.#events(attempt), this.#controller.signal);
      attempt.connection = connection;
      if (attempt.isOver) throw new HttpFailure('broken', 'the connection was closed');
      if (this.#isPaused) connection.pause();
      await this.#renew(connection);
      return connection;
    } catch (error) {
      attempt.connection?.close();
      if (!attempt.isOver) this.#failed(attempt, error);
      throw error;
    }
  }

  #events(attempt: Attempt): ConnectionEvents {
    return {
      onmessage: (message) => {
        if (!attempt.isOver) this.#receive(message);
      },
      onproblem: (text) => this.#options.onlog(text),
      onlost: (failure) => {
        if (!attempt.isOver) this.#lost(attempt, failure);
      },
    };
  }

  #receive(message: JsonRpcMessage): void {
    const own = isResponse(message) && message.id !== undefined ? this.#asked.get(message.id) : undefined;
    if (own !== undefined && isResponse(message)) own.resolve(message);
    else this.#options.onmessage(message);
  }

  #lost(attempt: Attempt, failure: HttpFailure): void {
    this.#end(attempt, failure);
    this.#options.onlog(`the connection was lost: ${detailOf(failure)}`);
    this.#options.onlost(failure);
    this.#retryLater(performance.now() - attempt.openedAt);
  }

  #failed(attempt: Attempt, error: unknown): void {
    const failure = error instanceof HttpFailure ? error : new HttpFailure('broken', String(error));
    this.#end(attempt, failure);
    this.#options.onlog(`no connection: ${detailOf(failure)}`);
    this.#retryLater(0);
  }

  #end(attempt: Attempt | undefined, failure: HttpFailure): void {
    if (attempt !== undefined) attempt.isOver = true;
    this.#attempt = undefined;
    this.#ready = undefined;
    for (const { reject } of this.#asked.values()) reject(failure);
    this.#asked.clear();
  }

  /** Who has a session may be told something at any time; others open a connection with their next message. */
  #retryLater(livedMs: number): void {
    if (!this.#replay.isEmpty && !this.#controller.signal.aborted) this.#backoff.schedule(livedMs);
  }

  async #renew(connection: Connection): Promise<void> {
    const opening = this.#replay.opening(newId());
    if (opening === undefined) return;
    const answer = await this.#ask(connection, opening);
    const objection = this.#replay.objection(answer);
    if (objection !== undefined || !('result' in answer)) {
      this.#options.onover(objection ?? '');
      throw new HttpFailure('bad_answer', objection ?? '');
    }
    this.#useVersion(answer);
    for (const message of this.#replay.rest(newId)) {
      // A resource may be gone by now; the session is not.
      if ('id' in message && 'method' in message) await this.#ask(connection, message);
      else await connection.send(message);
    }
    this.#options.onlog('the session was begun anew');
  }

  async #ask(connection: Connection, request: JsonRpcRequest): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#asked.set(request.id, { resolve, reject });
      timer = setTimeout(() => {
        const text = `the server behind this one did not answer within ${limits.replayTimeoutMs / 1_000} s`;
        reject(new HttpFailure('broken', text));
      }, limits.replayTimeoutMs);
    });
    try {
      const [answer] = await Promise.all([answered, connection.send(request)]);
      return answer;
    } finally {
      clearTimeout(timer);
      this.#asked.delete(request.id);
    }
  }

  #useVersion({ result }: JsonRpcResultResponse): void {
    const version = result['protocolVersion'];
    if (typeof version === 'string') this.#attempt?.connection?.useVersion(version);
  }
}

function newId(): string {
  return `gateway-${randomHex(8)}`;
}
