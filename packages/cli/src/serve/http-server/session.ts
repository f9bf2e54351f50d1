import {
  type JsonRpcMessage,
  type JsonRpcRequest,
  type JsonRpcResultResponse,
  randomHex,
  SessionReplay,
} from '@mcp-nostr/core';

import { exchange, newTransport, type SessionKey } from './exchange.ts';
import { HttpFailure } from './http-failure.ts';
import { limits } from './limits.ts';
import type { Upstream } from './upstream.ts';

export interface SessionOptions {
  upstream: Upstream;
  headers: Readonly<Record<string, string>>;
  /** What the server says on its own, and not in response to a request. */
  onmessage: (message: JsonRpcMessage) => void;
  onlog: (line: string) => void;
  /** The server had forgotten the session, and it was begun anew. */
  onrenewed: () => void;
  /** The server does not take up the session any more. */
  onover: (reason: string) => void;
}

/**
 * One session of MCP 2025-11-25 and earlier at the HTTP server. When the server forgets it, usually by a restart, the
 * gateway "MUST start a new session by sending a new InitializeRequest": it repeats what the client has said in the old
 * one, and the client, for whom nothing has changed, is not bothered.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #replay = new SessionReplay();
  readonly #controller = new AbortController();
  #key: SessionKey = { id: undefined, version: undefined };
  /** Of the stream of the present key. */
  #stream: AbortController | undefined;
  #renewal: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get key(): SessionKey {
    return this.#key;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The server has answered `initialize`. */
  begin(id: string | undefined, { result }: JsonRpcResultResponse): void {
    const version = result['protocolVersion'];
    this.#key = { id, version: typeof version === 'string' ? version : undefined };
  }

  /** A request of the client that the server has answered with a result. */
  answered(request: JsonRpcRequest, response: JsonRpcResultResponse): void {
    this.#replay.answered(request, response);
  }

  /** Sends what has no answer. @throws {HttpFailure} */
  async tell(message: JsonRpcMessage): Promise<void> {
    this.#replay.notified(message);
    const { upstream, headers, onmessage } = this.#options;
    const session = this.#key;
    if (!('method' in message) || message.method !== 'notifications/initialized') {
      const signal = AbortSignal.any([this.signal, AbortSignal.timeout(limits.receptionTimeoutMs)]);
      return exchange(upstream, message, { session, headers, signal, onmessage });
    }
    this.#stream?.abort();
    this.#stream = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#stream.signal]);
    const onerror = (failure: HttpFailure): void => {
      if (failure.code === 'too_large')
        this.#options.onlog(`${failure.message}; it sends nothing more on its own`);
      if (isSessionLost(failure, session)) void this.renew(session).catch(() => undefined); // It was logged.
    };
    await exchange(upstream, message, { session, headers, signal, onmessage, keepsStream: { onerror } });
  }

  /**
   * The server does not know the session of this key. Resolves when there is another.
   * @throws {HttpFailure} when the server cannot be asked now
   */
  renew(lost: SessionKey): Promise<void> {
    if (lost !== this.#key) return this.#renewal ?? Promise.resolve();
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** Says farewell to the server. Never rejects. */
  async end(): Promise<void> {
    if (this.signal.aborted) return;
    this.#controller.abort(new Error('the session is over'));
    const { upstream, headers } = this.#options;
    if (this.#key.id === undefined) return;
    const transport = newTransport(upstream, { session: this.#key, headers }, { maxRetries: 0 });
    const timer = setTimeout(() => void transport.close(), limits.farewellTimeoutMs);
    try {
      await transport.start();
      await transport.terminateSession();
    } catch {
      // "The server MAY respond with 405", or be gone: it forgets the session in its own time.
    } finally {
      clearTimeout(timer);
      await transport.close();
    }
  }

  async #renew(): Promise<void> {
    const { onlog, onrenewed, onover } = this.#options;
    onlog('the HTTP server has forgotten the session; it is begun anew');
    try {
      const opening = this.#replay.opening(newId());
      if (opening === undefined) return;
      const objection = await this.#ask(opening, undefined);
      if (objection !== undefined) return onover(objection);
      onrenewed();
      for (const message of this.#replay.rest(newId)) {
        if ('id' in message) await this.#ask(message, this.#key);
        else await this.tell(message);
      }
    } catch (error) {
      onlog(`the session could not be begun anew: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  /** A request of our own; returns why its answer does not continue the session. @throws {HttpFailure} */
  async #ask(request: JsonRpcMessage, session: SessionKey | undefined): Promise<string | undefined> {
    const { upstream, headers, onmessage } = this.#options;
    let objection: string | undefined;
    await exchange(upstream, request, {
      session,
      headers,
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(limits.receptionTimeoutMs)]),
      onmessage: (message, sessionId) => {
        if ('method' in message) return onmessage(message);
        if (session !== undefined) return; // A resource may be gone by now; the session is not.
        objection = this.#replay.objection(message);
        if (objection === undefined && 'result' in message) this.begin(sessionId, message);
      },
    });
    return objection;
  }
}

function newId(): string {
  return `gateway-${randomHex(8)}`;
}

/**
 * Whether the server refused the request because it does not know the session: nothing was executed. The specification
 * has 404 for it; the SDK's examples, and what was built after them, answer 400 with words.
 */
export function isSessionLost(failure: unknown, session: SessionKey | undefined): failure is HttpFailure {
  if (session?.id === undefined || !(failure instanceof HttpFailure)) return false;
  if (failure.status === 404) return true;
  return failure.status === 400 && /session|not initialized/i.test(failure.detail);
}
