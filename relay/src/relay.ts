import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';

import { type WebSocket, WebSocketServer } from 'ws';

import { Admission } from './listening/admission.ts';
import { Connection, type Shared } from './connection.ts';
import { Dispatcher } from './subscriptions/dispatcher.ts';
import { relayInformation } from './listening/information.ts';
import { Intake, type Subscriber } from './events/intake.ts';
import { type RelayLimits, resolveLimits } from './limits.ts';
import { outspokenSocket } from './listening/outspoken-socket.ts';
import { listenError, RelayStartError } from './start-error.ts';
import { newCounters, type RelayStats } from './stats.ts';
import { MemoryStore } from './store/memory-store.ts';
import { answerHttp, isRelayPath, refuseUpgrade } from './listening/web.ts';

export interface RelayOptions {
  /** @default 0, any free port */
  port?: number;
  /** The address to listen on; `0.0.0.0` for all. @default '127.0.0.1' */
  host?: string;
  /** Shown to clients (NIP-11). @default 'mcp-nostr relay' */
  name?: string;
  /** Shown to clients (NIP-11). */
  description?: string;
  /** Bounds that differ from `defaultLimits`. */
  limits?: Partial<RelayLimits>;
  /** The clock, in milliseconds: for expiry, event times and rates. @default Date.now */
  now?: () => number;
  /** Takes a line when a connection is turned away or cut, and when the relay itself fails. Lines name nobody. */
  onlog?: (line: string) => void;
}

/** A running relay. */
export interface Relay {
  /** Where clients connect to, `ws://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  stats(): RelayStats;
  /** Says goodbye to everybody; resolves when the port is free. May be called again. */
  close(): Promise<void>;
}

/** Starts a relay and resolves when it takes connections. @throws {RelayStartError} */
export async function startRelay(options: RelayOptions = {}): Promise<Relay> {
  const { port = 0, host = '127.0.0.1' } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RelayStartError('bad_option', `${port} is no port; give a whole number from 0 to 65535`);
  }
  const relay = new HttpRelay(host, options);
  await relay.listen(port);
  return relay;
}

class HttpRelay implements Relay {
  readonly #host: string;
  readonly #shared: Shared;
  readonly #admission: Admission;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  /** Each with the moment at which it is over. */
  readonly #connections = new Map<Connection, Promise<void>>();
  #port = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(host: string, options: RelayOptions) {
    const { name = 'mcp-nostr relay', description = 'A Nostr relay for MCP traffic', onlog } = options;
    const { now = Date.now } = options;
    const limits = resolveLimits(options.limits);
    const store = new MemoryStore(limits);
    const dispatcher = new Dispatcher<Subscriber>();
    const counters = newCounters();
    const intake = new Intake({ limits, store, dispatcher, counters, now });
    const log = (line: string): void => {
      try {
        onlog?.(line);
      } catch {
        // Whoever takes the lines must not be able to stop the relay.
      }
    };
    this.#host = host;
    this.#shared = { limits, store, dispatcher, intake, counters, now, log };
    this.#admission = new Admission(limits);
    const page = { name, information: relayInformation(name, description, limits) };
    // Ten seconds for a request without a body: whoever needs longer is holding a socket.
    const timeouts = { headersTimeout: 10_000, requestTimeout: 10_000 };
    this.#http = createServer(timeouts, (request, response) => answerHttp(request, response, page));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.maxMessageBytes,
      // Compression costs 240 KiB per connection, and what passes here is encrypted and does not shrink.
      perMessageDeflate: false,
      WebSocket: outspokenSocket(limits.maxMessageBytes),
    });
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    if (this.#host === '0.0.0.0') return `ws://127.0.0.1:${this.port}`;
    if (this.#host === '::') return `ws://[::1]:${this.port}`;
    return `ws://${isIPv6(this.#host) ? `[${this.#host}]` : this.#host}:${this.port}`;
  }

  stats(): RelayStats {
    const { counters, dispatcher, store } = this.#shared;
    return {
      connections: this.#admission.connections,
      subscriptions: dispatcher.size,
      stored: store.size,
      ...counters,
    };
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, this.#host, port));
      this.#http.once('error', failed);
      this.#http.listen(port, this.#host, () => {
        this.#http.off('error', failed);
        this.#http.on('error', (error) => this.#shared.log(`the server failed: ${error.message}`));
        resolve();
      });
    });
    const address = this.#http.address();
    // A string is the path of a pipe, and this is none.
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    this.#heartbeat = setInterval(() => this.#beat(), this.#shared.limits.pingIntervalMs);
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ip = request.socket.remoteAddress ?? '';
    if (!isRelayPath(request)) return refuseUpgrade(socket, '404 Not Found', 'The relay is at /\n');
    if (this.#closing !== undefined) {
      return refuseUpgrade(socket, '503 Service Unavailable', 'The relay is shutting down\n');
    }
    const admitted = this.#admission.check(ip);
    if (admitted !== 'welcome') {
      this.#shared.log(`turned a connection away: ${admitted}`);
      return admitted === 'relay-full'
        ? refuseUpgrade(socket, '503 Service Unavailable', 'The relay has as many connections as it takes\n')
        : refuseUpgrade(socket, '429 Too Many Requests', 'Too many connections from this address\n');
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, ip));
  }

  #accept(webSocket: WebSocket, ip: string): void {
    const connection = new Connection(webSocket, this.#shared);
    this.#admission.enter(ip);
    const over = new Promise<void>((resolve) => {
      webSocket.on('close', () => {
        this.#admission.leave(ip);
        this.#connections.delete(connection);
        resolve();
      });
    });
    this.#connections.set(connection, over);
  }

  #beat(): void {
    for (const connection of this.#connections.keys()) connection.checkAlive();
    this.#shared.store.removeExpired(Math.floor(this.#shared.now() / 1000));
  }

  async #shutDown(): Promise<void> {
    clearInterval(this.#heartbeat);
    const free = new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
    });
    for (const connection of this.#connections.keys()) connection.goAway();
    this.#http.closeIdleConnections();
    const cutOff = setTimeout(() => {
      for (const connection of this.#connections.keys()) connection.terminate();
      this.#http.closeAllConnections();
    }, this.#shared.limits.closeGraceMs);
    await Promise.all([free, ...this.#connections.values()]);
    clearTimeout(cutOff);
    this.#webSockets.close();
  }
}
