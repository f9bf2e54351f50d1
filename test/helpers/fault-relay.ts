import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { type Relay, type RelayLimits, type RelayStats, startRelay } from '@mcp-nostr/relay';
import { WebSocket, WebSocketServer } from 'ws';

import { type FaultCounts, noCounts } from './fault-counts.ts';
import { type Faults, noFaults } from './faults.ts';
import { FaultyConnection } from './faulty-connection.ts';
import { freePort } from './free-ports.ts';
import { newSeed } from './random.ts';

export interface FaultRelayOptions {
  /** Decides, for each connection in the order in which they come, what befalls which message. */
  seed?: number;
  faults?: Partial<Faults>;
  relayLimits?: Partial<RelayLimits>;
}

/** Our relay behind a proxy at which things go wrong: an honest relay, a bad way there. */
export class FaultRelay implements Relay {
  readonly seed: number;
  readonly counts: FaultCounts = { ...noCounts };
  readonly #limits: Partial<RelayLimits>;
  readonly #http = createServer((request, response) => this.#onhttp(request, response));
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
  });
  /** Of the clients. */
  readonly #sockets: Set<Duplex> = new Set();
  #faults: Readonly<Faults>;
  #relay: Relay | undefined;
  #port = 0;
  #connections = 0;
  #turn: Promise<void> = Promise.resolve();
  #endPause: () => void = () => {};
  #closing: Promise<void> | undefined;

  private constructor({ seed = newSeed(), faults = {}, relayLimits = {} }: FaultRelayOptions) {
    this.seed = seed;
    this.#faults = { ...noFaults, ...faults };
    this.#limits = relayLimits;
    this.#http.on('upgrade', (request, socket, head) => this.#onupgrade(request, socket, head));
  }

  static async open(options: FaultRelayOptions = {}): Promise<FaultRelay> {
    const relay = new FaultRelay(options);
    await relay.start();
    return relay;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get faults(): Readonly<Faults> {
    return this.#faults;
  }

  /** Changes the faults given, from the next message on. */
  set(faults: Partial<Faults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  /** From the next message on nothing goes wrong. */
  calm(): void {
    this.#faults = noFaults;
  }

  /** Ends all present connections without a goodbye. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Goes away without a goodbye, and comes back on the same port without its events. */
  async restart(downMs = 0): Promise<void> {
    await this.stop();
    await this.#pause(downMs);
    await this.start();
  }

  /** Listens, after `stop()` on the port that it had; after `close()` not any more. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closing !== undefined || this.#http.listening) return;
      this.#relay = await startRelay({ limits: this.#limits });
      // Its own also while it is away.
      if (this.#port === 0) this.#port = await freePort();
      this.#http.listen(this.#port, '127.0.0.1');
      await once(this.#http, 'listening');
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.cut();
      if (this.#http.listening) {
        const closed = once(this.#http, 'close');
        this.#http.close();
        this.#http.closeAllConnections();
        await closed;
      }
      await this.#relay?.close();
    });
  }

  /** Those of the relay behind the proxy. */
  stats(): RelayStats {
    if (this.#relay === undefined) throw new Error('the relay was not started');
    return this.#relay.stats();
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#endPause();
    await this.stop();
    this.#webSockets.close();
  }

  /** A test may close what it has just told to start. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {}); // whoever asked for it is told
    return turn;
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#closing !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  /** What the relay answers to whoever does not want a WebSocket, such as its information document. */
  #onhttp(request: IncomingMessage, response: ServerResponse): void {
    const { headers, method, url: path } = request;
    const target = { host: '127.0.0.1', port: this.#relay?.port, path, method, headers, agent: false };
    const onward = httpRequest(target, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  /** The relay is asked first: whom it turns away is turned away here. */
  #onupgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Connections are told apart by their number, so that what befalls one does not depend on another.
    const seed = Math.imul(++this.#connections, 0x9e37_79b1) ^ this.seed;
    const relay = new WebSocket((this.#relay?.url ?? '') + (request.url ?? ''), { perMessageDeflate: false });
    this.#sockets.add(socket);
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => {
      this.#sockets.delete(socket);
      relay.terminate();
    });
    relay.on('unexpected-response', (_, { statusCode, statusMessage }) => {
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${statusCode} ${statusMessage}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    });
    relay.on('error', () => {
      if (relay.readyState !== WebSocket.OPEN) socket.destroy();
    });
    relay.on('open', () => {
      this.#webSockets.handleUpgrade(request, socket, head, (client) => {
        const { counts } = this;
        new FaultyConnection({ client, relay, faults: () => this.#faults, counts, seed }).start();
      });
    });
  }
}
