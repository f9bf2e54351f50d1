import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex, Writable } from 'node:stream';

import { getRequestListener } from '@hono/node-server';

import type { Log, OpenTransport } from '../client-transport.ts';
import { Endpoint } from './endpoint.ts';
import { errorCodes, errorResponse } from './error-response.ts';
import { Gate, type GateOptions } from './gate.ts';
import { limits as defaultLimits, type Limits } from './limits.ts';
import { Seats } from './seats.ts';
import { SseClients } from './sse-clients.ts';
import { boundUnread } from './unread.ts';
import { ignoreUpgrade, isWebSocket, refuseUpgrade, upgradeRequest, upgradeToken } from './upgrade.ts';
import { MCP_PATH, methodsByPath, type Way, wayPaths, WEBSOCKET_PATH } from './ways.ts';
import { WebSocketClients } from './websocket-clients.ts';

export interface HttpListenerOptions extends Omit<GateOptions, 'paths'> {
  /** A connection to the server on Nostr that is not started. */
  open: OpenTransport;
  /** The same as a host over SSE or WebSocket has it. @default open */
  openHost?: OpenTransport | undefined;
  /** 0 takes a free one. */
  port: number;
  /** @default Streamable HTTP alone */
  ways?: readonly Way[];
  onlog: Log;
  limits?: Partial<Limits>;
}

export interface HttpListener {
  /** Of each way that is open, in the order in which they were asked for. */
  readonly urls: readonly string[];
  /** The first of them. */
  readonly url: string;
  readonly port: number;
  /** Answers what is under way, says goodbye to the server and frees everything. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** The name is resolved by nobody, and no other machine reaches it. */
const HOST = '127.0.0.1';

/**
 * An endpoint of this machine in front of a server on Nostr: Streamable HTTP for MCP 2025-11-25 and earlier and for
 * 2026-07-28, HTTP+SSE, WebSocket. Messages pass through; there is no MCP client or server inside.
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
  readonly #ways: readonly Way[];
  readonly #endpoint: Endpoint;
  readonly #sse: SseClients;
  readonly #webSockets: WebSocketClients;
  readonly #server: Server;
  readonly #sweeper: ReturnType<typeof setInterval>;
  #open = 0;
  #closing: Promise<void> | undefined;

  constructor({ open, openHost, onlog, limits, ways = ['http'], ...access }: HttpListenerOptions) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#onlog = onlog;
    this.#ways = ways;
    this.#gate = new Gate({ ...access, paths: methodsByPath(ways) });
    const options = { open, onlog, limits: this.#limits, seats: new Seats(this.#limits.maxSessions) };
    this.#endpoint = new Endpoint(options);
    // These carry messages in both directions for as long as a host stays, as stdio does.
    const duplex = { ...options, open: openHost ?? open };
    this.#sse = new SseClients(duplex);
    this.#webSockets = new WebSocketClients(duplex);
    const listen = getRequestListener((request, { outgoing }) => this.#handle(request, outgoing), {
      overrideGlobalObjects: false,
      // Only what is no request at all comes here: a Host that is none, for example.
      errorHandler: () => errorResponse(400, errorCodes.badRequest, 'Bad Request'),
    });
    this.#server = createServer((incoming, outgoing) => void listen(incoming, outgoing)); // it never rejects
    if (ways.includes('ws')) {
      this.#server.on('upgrade', (incoming, socket, head) => this.#upgrade(incoming, socket, head));
    }
    this.#sweeper = setInterval(() => this.#endpoint.sweep(), this.#limits.sweepMs);
  }

  get urls(): string[] {
    return this.#ways.map((way) => `${way === 'ws' ? 'ws' : 'http'}://${HOST}:${this.port}${wayPaths[way]}`);
  }

  get url(): string {
    return this.urls[0] ?? '';
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
    const goodbyes = [this.#endpoint.close(), this.#sse.close(), this.#webSockets.close()];
    // The answers that this has given are still being written.
    const late = setTimeout(() => this.#server.closeAllConnections(), this.#limits.closeGraceMs);
    this.#server.closeIdleConnections();
    await Promise.all([closed, ...goodbyes]);
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
    if (this.#closing !== undefined) return stopping();
    if (this.#open >= this.#limits.maxOpenRequests) {
      const text = `Service Unavailable: ${this.#open} requests are open; try again later`;
      return errorResponse(503, errorCodes.badRequest, text);
    }
    this.#open += 1;
    const ended = new Promise<void>((resolve) => {
      outgoing.once('close', () => {
        this.#open -= 1;
        resolve();
      });
    });
    const response = await this.#route(request, ended);
    const { status, headers, body } = response;
    if (body === null || headers.get('content-type') !== 'text/event-stream') return response;
    const stream = boundUnread(body, this.#limits.maxUnreadBytes, () => outgoing.destroy());
    return new Response(stream, { status, headers });
  }

  #route(request: Request, ended: Promise<void>): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === MCP_PATH) return this.#endpoint.handle(request, ended);
    if (pathname !== WEBSOCKET_PATH) return this.#sse.handle(request, ended);
    const text = 'Upgrade Required: this is the address of a WebSocket';
    return errorResponse(426, errorCodes.badRequest, text, { headers: { Upgrade: 'websocket' } });
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!isWebSocket(incoming)) return ignoreUpgrade(this.#server, incoming, socket, head);
    socket.on('error', () => socket.destroy());
    const request = upgradeRequest(incoming);
    const refusal =
      request === undefined
        ? errorResponse(400, errorCodes.badRequest, 'Bad Request: it is no WebSocket handshake')
        : (this.#gate.check(request, upgradeToken(request)) ?? this.#upgradeElsewhere(request));
    if (refusal === undefined) this.#webSockets.upgrade(incoming, socket, head);
    else void refuseUpgrade(socket, refusal); // it never rejects
  }

  #upgradeElsewhere(request: Request): Response | undefined {
    if (this.#closing !== undefined) return stopping();
    if (new URL(request.url).pathname === WEBSOCKET_PATH) return undefined;
    return errorResponse(404, errorCodes.badRequest, `Not Found: the WebSocket is at ${WEBSOCKET_PATH}`);
  }

  /** Nothing that a request does may end the process, or leave its sender without an answer. */
  #failed(error: unknown): Response {
    this.#onlog(`a request failed: ${error instanceof Error ? error.message : String(error)}`);
    return errorResponse(500, errorCodes.internalError, 'Internal error');
  }
}

function stopping(): Response {
  return errorResponse(503, errorCodes.badRequest, 'Service Unavailable: mcp-nostr is stopping');
}
