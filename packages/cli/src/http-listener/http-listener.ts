import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Writable } from 'node:stream';

import { getRequestListener } from '@hono/node-server';

import type { Log, OpenTransport } from '../client-transport.ts';
import { Endpoint } from './endpoint.ts';
import { errorCodes, errorResponse } from './error-response.ts';
import { Gate, type GateOptions, MCP_PATH } from './gate.ts';
import { limits as defaultLimits, type Limits } from './limits.ts';
import { boundUnread } from './unread.ts';

export interface HttpListenerOptions extends GateOptions {
  /** A connection to the server on Nostr that is not started. */
  open: OpenTransport;
  /** 0 takes a free one. */
  port: number;
  onlog: Log;
  limits?: Partial<Limits>;
}

export interface HttpListener {
  readonly url: string;
  readonly port: number;
  /** Answers what is under way, says goodbye to the server and frees everything. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** The name is resolved by nobody, and no other machine reaches it. */
const HOST = '127.0.0.1';

/**
 * A Streamable HTTP endpoint of this machine in front of a server on Nostr, for MCP 2025-11-25 and earlier and for
 * 2026-07-28. Messages pass through; there is no MCP client or server inside.
 * @throws {Error} with Node's `code` (`EADDRINUSE`, `EACCES`) when the port cannot be had
 */
export async function startHttpListener(options: HttpListenerOptions): Promise<HttpListener> {
  const listener = new Listener(options);
  await listener.listen(options.port);
  return listener;
}

class Listener implements HttpListener {
  port = 0;
  readonly #limits: Limits;
  readonly #onlog: Log;
  readonly #gate: Gate;
  readonly #endpoint: Endpoint;
  readonly #server: Server;
  readonly #sweeper: ReturnType<typeof setInterval>;
  #open = 0;
  #closing: Promise<void> | undefined;

  constructor({ open, onlog, limits, token, corsOrigins }: HttpListenerOptions) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#onlog = onlog;
    this.#gate = new Gate({ token, corsOrigins });
    this.#endpoint = new Endpoint({ open, onlog, limits: this.#limits });
    const listen = getRequestListener((request, { outgoing }) => this.#handle(request, outgoing), {
      overrideGlobalObjects: false,
      // Only what is no request at all comes here: a Host that is none, for example.
      errorHandler: () => errorResponse(400, errorCodes.badRequest, 'Bad Request'),
    });
    this.#server = createServer((incoming, outgoing) => void listen(incoming, outgoing)); // it never rejects
    this.#sweeper = setInterval(() => this.#endpoint.sweep(), this.#limits.sweepMs);
  }

  get url(): string {
    return `http://${HOST}:${this.port}${MCP_PATH}`;
  }

  async listen(port: number): Promise<void> {
    try {
      this.#server.listen(port, HOST);
      await once(this.#server, 'listening');
    } catch (error) {
      clearInterval(this.#sweeper);
      throw error;
    }
    const address = this.#server.address();
    if (typeof address === 'object') this.port = address?.port ?? port;
    this.#server.on('error', (error) => this.#onlog(error.message));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    const goodbye = this.#endpoint.close();
    // The answers that this has given are still being written.
    const late = setTimeout(() => this.#server.closeAllConnections(), this.#limits.closeGraceMs);
    this.#server.closeIdleConnections();
    await Promise.all([closed, goodbye]);
    clearTimeout(late);
  }

  async #handle(request: Request, outgoing: Writable): Promise<Response> {
    try {
      const response = this.#gate.check(request) ?? (await this.#serve(request, outgoing));
      return this.#gate.allowReading(request, response);
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #serve(request: Request, outgoing: Writable): Promise<Response> {
    if (this.#closing !== undefined || this.#open >= this.#limits.maxOpenRequests) {
      const why = this.#closing === undefined ? `${this.#open} requests are open` : 'mcp-nostr is stopping';
      return errorResponse(503, errorCodes.badRequest, `Service Unavailable: ${why}; try again later`);
    }
    this.#open += 1;
    const ended = new Promise<void>((resolve) => {
      outgoing.once('close', () => {
        this.#open -= 1;
        resolve();
      });
    });
    const response = await this.#endpoint.handle(request, ended);
    const { status, headers, body } = response;
    if (body === null || headers.get('content-type') !== 'text/event-stream') return response;
    const stream = boundUnread(body, this.#limits.maxUnreadBytes, () => outgoing.destroy());
    return new Response(stream, { status, headers });
  }

  /** Nothing that a request does may end the process, or leave its sender without an answer. */
  #failed(error: unknown): Response {
    this.#onlog(`a request failed: ${error instanceof Error ? error.message : String(error)}`);
    return errorResponse(500, errorCodes.internalError, 'Internal error');
  }
}
