import { isResponse, type JsonRpcMessage, parseJsonRpc } from '@mcp-nostr/core';
import { atMost } from '@mcp-nostr/transport';
import { SseError, SSEClientTransport } from '@modelcontextprotocol/client';

import type { Fetch } from '../http-server/bounded-fetch.ts';
import { HttpFailure, networkFailure, statusFailure } from '../http-server/http-failure.ts';
import type { Connection, ConnectionEvents, OpenConnection } from './connection.ts';
import { limits } from './limits.ts';

/** HTTP+SSE of MCP 2024-11-05: messages come on one stream, and are posted where its first event says. */
export function sseOpener(url: URL, fetch: Fetch): OpenConnection {
  return async (headers, events, signal) => {
    const connection = new SseConnection(url, fetch, headers, events);
    await connection.open(signal);
    return connection;
  };
}

class SseConnection implements Connection {
  readonly #events: ConnectionEvents;
  readonly #transport: SSEClientTransport;
  readonly #fetch: Fetch;
  /** Why the stream ended or was refused; the SDK tells it in words alone. */
  #failure: HttpFailure | undefined;
  /** What was sent before and must arrive before. */
  #turn: Promise<void> = Promise.resolve();
  #reading: Promise<void> = Promise.resolve();
  #resume: (() => void) | undefined;
  #isOpen = false;
  #isClosed = false;

  constructor(url: URL, fetch: Fetch, headers: Readonly<Record<string, string>>, events: ConnectionEvents) {
    this.#events = events;
    this.#fetch = fetch;
    // Without a provider of tokens the SDK does no OAuth; redirects and `endpoint` stay within the origin by its default.
    this.#transport = new SSEClientTransport(url, {
      requestInit: { headers: { ...headers } },
      fetch: (target, init) => (init?.method === 'POST' ? this.#post(target, init) : this.#get(target, init)),
    });
    this.#transport.onmessage = (parsed) => this.#events.onmessage(parseJsonRpc(parsed));
    this.#transport.onerror = (error) => this.#onerror(error);
  }

  async open(signal: AbortSignal): Promise<void> {
    const ends = AbortSignal.any([signal, AbortSignal.timeout(limits.openTimeoutMs)]);
    const aborted = new Promise<never>((_resolve, reject) => {
      const abort = (): void => reject(ends.reason);
      if (ends.aborted) abort();
      ends.addEventListener('abort', abort, { once: true });
    });
    try {
      await Promise.race([this.#transport.start(), aborted]);
      this.#isOpen = true;
    } catch (error) {
      this.close();
      throw this.#failure ?? notOpened(error);
    }
  }

  async send(message: JsonRpcMessage): Promise<void> {
    const { receptionTimeoutMs } = limits;
    if (isResponse(message)) return this.#deliver(message);
    if ('id' in message) return this.#turn.then(() => this.#deliver(message));
    const sent = this.#turn.then(() => this.#deliver(message));
    this.#turn = atMost(
      receptionTimeoutMs,
      sent.catch(() => undefined),
    );
    return sent;
  }

  useVersion(version: string): void {
    this.#transport.setProtocolVersion(version);
  }

  pause(): void {
    if (this.#resume !== undefined || this.#isClosed) return;
    this.#reading = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume?.();
    this.#resume = undefined;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.resume();
    void this.#transport.close().catch(() => undefined); // It only aborts.
  }

  async #deliver(message: JsonRpcMessage): Promise<void> {
    try {
      await this.#transport.send(message);
    } catch (error) {
      if (error instanceof HttpFailure) throw error;
      // A redirect that was not followed is told in words.
      const [, status] = /\(HTTP (\d{3})\)/.exec(error instanceof Error ? error.message : '') ?? [];
      throw status === undefined ? networkFailure(error) : statusFailure(Number(status), { body: '' });
    }
  }

  async #post(target: string | URL, init: RequestInit): Promise<Response> {
    const response = await this.#fetch(target, init);
    if (response.status < 400) return response;
    throw await failureOf(response);
  }

  async #get(target: string | URL, init: RequestInit | undefined): Promise<Response> {
    try {
      const response = await this.#fetch(target, init, (failure) => {
        this.#failure = failure;
      });
      const { status, headers, body } = response;
      if (status >= 300 && status < 400) this.#failure = statusFailure(status, { body: '' });
      else if (status !== 200) this.#failure = await failureOf(response);
      else if (headers.get('content-type')?.startsWith('text/event-stream') !== true)
        this.#failure = noStream(headers.get('content-type'));
      if (status !== 200 || this.#failure !== undefined || body === null) return response;
      const paced = new TransformStream<Uint8Array, Uint8Array>({
        transform: async (chunk, controller) => {
          await this.#reading;
          controller.enqueue(chunk);
        },
      });
      return new Response(body.pipeThrough(paced), { status, headers });
    } catch (error) {
      this.#failure ??= notOpened(error);
      throw error;
    }
  }

  /** The SDK's event source would connect by itself; its server would take that for another client. */
  #onerror(error: Error): void {
    if (this.#isClosed) return;
    if (error instanceof SseError) {
      if (!this.#isOpen) return; // open() rejects
      this.close();
      this.#events.onlost(this.#failure ?? ended(error));
    } else if (/^(ZodError|\$ZodError|SyntaxError|DecodeError)$/.test(error.name)) {
      this.#events.onproblem(`not a JSON-RPC message: ${error.message}`);
    }
  }
}

async function failureOf(response: Response): Promise<HttpFailure> {
  const body = await response.text().catch(() => '');
  return statusFailure(response.status, {
    body,
    retryAfter: response.headers.get('retry-after') ?? undefined,
  });
}

function noStream(type: string | null): HttpFailure {
  const text = `the HTTP server behind this one answered with ${type ?? 'something'} that is no event stream`;
  return new HttpFailure('bad_answer', text);
}

/** Whatever went wrong before a connection was open: no request was sent. */
function notOpened(error: unknown): HttpFailure {
  const failure = networkFailure(error);
  if (failure.code === 'unreachable') return failure;
  const text = 'the SSE server behind this one cannot be reached; nothing was executed';
  return new HttpFailure('unreachable', text, { cause: error, detail: failure.detail });
}

function ended(cause: Error): HttpFailure {
  const text = 'the HTTP server behind this one ended the event stream';
  const options = { cause, detail: cause.message };
  return new HttpFailure('broken', `${text}; the request may have been executed or not`, options);
}
