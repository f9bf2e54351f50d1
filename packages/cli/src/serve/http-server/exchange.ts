import { isRecord, isRequest, isResponse, type JsonRpcMessage, parseJsonRpc } from '@mcp-nostr/core';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { HttpFailure, networkFailure, statusFailure } from './http-failure.ts';
import { limits } from './limits.ts';
import type { Upstream } from './upstream.ts';

/** What the requests of one session carry (MCP 2025-11-25 and earlier). */
export interface SessionKey {
  /** Absent at a server without sessions. */
  readonly id: string | undefined;
  readonly version: string | undefined;
}

export interface ExchangeOptions {
  session?: SessionKey | undefined;
  /** Beside the operator's, on every request. */
  headers: Readonly<Record<string, string>>;
  /** On the request that carries the message. */
  messageHeaders?: Readonly<Record<string, string>> | undefined;
  /** Ends the exchange, its streams and its attempts to resume them. */
  signal: AbortSignal;
  /** Everything that came in response, the answer included; `sessionId` is that of an `initialize`. */
  onmessage: (message: JsonRpcMessage, sessionId: string | undefined) => void;
  /** Keeps what the SDK opens after `notifications/initialized`: the stream of the session's own messages, once open. */
  keepsStream?: { onerror: (failure: HttpFailure) => void };
}

/**
 * One message and what comes of it, on an SDK transport of its own, so that whatever arrives is known to belong to it.
 * Resolves when a request was answered, and when the server took any other message; with `keepsStream`, when it has also
 * opened the stream or refused to.
 * @throws {HttpFailure}
 */
export function exchange(
  upstream: Upstream,
  message: JsonRpcMessage,
  options: ExchangeOptions,
): Promise<void> {
  return new Exchange(upstream, message, options).run();
}

class Exchange {
  readonly #message: JsonRpcMessage;
  readonly #options: ExchangeOptions;
  readonly #transport: StreamableHTTPClientTransport;
  readonly #done: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (failure: unknown) => void = () => undefined;
  #isOver = false;
  /** Of the response to the message itself, not to a GET that resumes its stream. */
  #status = 0;
  #retryAfter: string | undefined;
  #contentType = '';
  /** A GET has given a stream. */
  #wasOpen = false;
  /** The last thing that went wrong on its streams. */
  #lastError: Error | undefined;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  /** Runs while the stream of the session's own messages is asked for. */
  #opening: ReturnType<typeof setTimeout> | undefined;

  constructor(upstream: Upstream, message: JsonRpcMessage, options: ExchangeOptions) {
    this.#message = message;
    this.#options = options;
    this.#transport = newTransport(upstream, options, {
      fetch: async (url, init) => {
        const response = await upstream.fetch(url, init, (failure) => this.#ontoolarge(failure));
        if (init?.method === 'POST') this.#noteResponse(response);
        else this.#noteStream(response);
        return response;
      },
      maxRetries: options.keepsStream === undefined ? limits.resumeAttempts : Infinity,
    });
    this.#done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async run(): Promise<void> {
    const { signal, keepsStream } = this.#options;
    const abort = (): void => {
      this.#reject(signal.reason);
      this.#close();
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', abort, { once: true });
    this.#transport.onmessage = (message) => this.#onmessage(message);
    this.#transport.onerror = (error) => this.#onerror(error);
    void this.#send(); // it never rejects
    try {
      await this.#done;
    } catch (error) {
      this.#close();
      throw error;
    } finally {
      if (keepsStream === undefined) signal.removeEventListener('abort', abort);
    }
    if (keepsStream !== undefined) return;
    // Its end, which usually comes with the answer, lets the connection be used again.
    if (this.#isStream && !this.#isOver)
      this.#lingering = setTimeout(() => this.#close(), limits.lingerMs).unref();
    else this.#close();
  }

  get #isStream(): boolean {
    return isRequest(this.#message) && this.#contentType.startsWith('text/event-stream');
  }

  async #send(): Promise<void> {
    const { messageHeaders: headers = {} } = this.#options;
    const onRequestStreamEnd = (): void => this.#onstreamend();
    try {
      await this.#transport.start();
      await this.#transport.send(this.#message, { headers, onRequestStreamEnd });
      if (this.#options.keepsStream !== undefined) this.#awaitStream();
      else if (!isRequest(this.#message)) this.#resolve();
      else if (!this.#isStream) this.#reject(this.#noAnswer());
    } catch (error) {
      this.#reject(this.#failureOf(error));
    }
  }

  #onmessage(parsed: object): void {
    if (this.#isOver) return;
    // The SDK has checked it; its types and ours differ in name alone.
    const message = parseJsonRpc(parsed);
    if (!isResponse(message)) return this.#options.onmessage(message, undefined);
    // An error may come without an id; an answer to anything else has no business here.
    const id = isRequest(this.#message) ? this.#message.id : undefined;
    if (id !== undefined && message.id !== undefined && message.id !== id) return;
    this.#options.onmessage(message, this.#transport.sessionId);
    if (id !== undefined) this.#resolve();
  }

  #onstreamend(): void {
    this.#reject(this.#noAnswer()); // Without effect when it was answered.
    if (this.#lingering !== undefined) this.#close();
  }

  #onerror(error: Error): void {
    if (this.#isOver) return;
    this.#lastError = error;
    const failure = this.#failureOf(error);
    // A server that does not know the stream, or the session, any more will not remember it.
    const { status = 0 } = failure;
    if (this.#isStream && status >= 400 && status < 500) this.#reject(this.#noAnswer());
    if (this.#opening !== undefined) this.#resolve();
    // Servers that offer no stream say so in many ways.
    if (this.#wasOpen) this.#options.keepsStream?.onerror(failure);
  }

  /** It would be as large when it came again. */
  #ontoolarge(failure: HttpFailure): void {
    this.#reject(failure);
    if (!this.#isOver) this.#options.keepsStream?.onerror(failure);
    this.#close();
  }

  /**
   * What the server sends on its own while it has no such stream is lost, and the next request may make it send
   * something: that one waits. Servers that send no headers before there is something to say are not waited for.
   */
  #awaitStream(): void {
    this.#opening = setTimeout(() => this.#resolve(), limits.streamOpenTimeoutMs);
  }

  /** The answer to a GET; one that is no stream says that there is none. */
  #noteStream({ ok }: Response): void {
    this.#wasOpen ||= ok;
    clearTimeout(this.#opening);
    if (this.#options.keepsStream !== undefined) this.#resolve();
  }

  #noteResponse(response: Response): void {
    this.#status = response.status;
    this.#retryAfter = response.headers.get('retry-after') ?? undefined;
    this.#contentType = response.headers.get('content-type') ?? '';
  }

  #noAnswer(): HttpFailure {
    const cause = this.#lastError;
    const failure = cause && this.#failureOf(cause);
    if (failure?.code === 'bad_answer') return failure;
    const what = this.#isStream ? 'ended the stream' : `answered ${this.#status}`;
    const text = `the HTTP server behind this one ${what} without an answer; the request may have been executed or not`;
    return new HttpFailure('broken', text, { cause, detail: cause?.message ?? '' });
  }

  #failureOf(error: unknown): HttpFailure {
    if (error instanceof HttpFailure) return error;
    const cause = error instanceof Error ? error : undefined;
    if (cause?.cause instanceof HttpFailure) return cause.cause;
    const status = statusOf(error) ?? this.#status;
    if (status >= 300) {
      return statusFailure(status, { cause: error, body: bodyOf(error), retryAfter: this.#retryAfter });
    }
    if (status === 0 && cause?.cause === undefined && cause?.name === 'TypeError') {
      const detail = cause.message;
      return new HttpFailure('bad_request', 'the message cannot be put into HTTP headers', { cause, detail });
    }
    // Zod's, the JSON parser's and the one for another media type.
    if (
      status >= 200 &&
      cause !== undefined &&
      /^(ZodError|SyntaxError|\$ZodError|SdkError)$/.test(cause.name)
    ) {
      const detail = cause.message;
      const text = `the HTTP server behind this one answered with ${this.#contentType || 'something'} that is no MCP message`;
      return new HttpFailure('bad_answer', text, { cause, detail });
    }
    return networkFailure(error);
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#lingering);
    clearTimeout(this.#opening);
    void this.#transport.close().catch(() => undefined); // It only aborts.
  }
}

/** An SDK transport that is not started. */
export function newTransport(
  upstream: Upstream,
  { session, headers }: Pick<ExchangeOptions, 'session' | 'headers'>,
  { fetch = upstream.fetch, maxRetries }: { fetch?: Upstream['fetch']; maxRetries: number },
): StreamableHTTPClientTransport {
  return new upstream.Transport(upstream.url, {
    fetch,
    requestInit: { headers: { ...headers, ...upstream.headers } },
    ...(session?.id === undefined ? {} : { sessionId: session.id }),
    ...(session?.version === undefined ? {} : { protocolVersion: session.version }),
    reconnectionOptions: {
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 30_000,
      reconnectionDelayGrowFactor: 1.5,
      maxRetries,
    },
    reconnectionScheduler: (reconnect, delayMs) => {
      const waitMs = Math.min(Math.max(delayMs, limits.minRetryMs), limits.maxRetryMs);
      const timer = setTimeout(reconnect, waitMs);
      return () => clearTimeout(timer);
    },
  });
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

/** What the server wrote beside a status, else what the SDK says of it. */
function bodyOf(error: unknown): string {
  const data = error instanceof Error && 'data' in error ? error.data : undefined;
  if (isRecord(data) && typeof data['text'] === 'string') return data['text'];
  return error instanceof Error ? error.message : '';
}
