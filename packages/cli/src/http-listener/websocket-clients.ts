import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { JsonRpcMessage } from '@mcp-nostr/core';
import { type WebSocket, WebSocketServer } from 'ws';

import type { Log, OpenTransport } from '../client-transport.ts';
import { readMessage } from '../read-message.ts';
import { DuplexClient } from './duplex-client.ts';
import { errorCodes, errorResponse } from './error-response.ts';
import type { Limits } from './limits.ts';
import type { Seats } from './seats.ts';
import { refuseUpgrade } from './upgrade.ts';

export interface WebSocketClientsOptions {
  open: OpenTransport;
  limits: Limits;
  seats: Seats;
  onlog: Log;
}

/** Both SDK lines and their followers use it; a client that names subprotocols has to name this one. */
const SUBPROTOCOL = 'mcp';

/** RFC 6455, section 7.4.1. */
const closeCodes = { goingAway: 1001, unsupportedData: 1003 } as const;

/** MCP over WebSocket: one message, as text, in each WebSocket message. */
export class WebSocketClients {
  readonly #options: WebSocketClientsOptions;
  readonly #server: WebSocketServer;
  readonly #clients: Map<WebSocket, DuplexClient> = new Map();

  constructor(options: WebSocketClientsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.maxBodyBytes,
      // It costs a quarter of a MiB for each client, and the way is this machine's own.
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    });
  }

  /** A handshake that the gate has let in. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusal(incoming);
    if (refusal !== undefined) return void refuseUpgrade(socket, refusal); // it never rejects
    this.#server.handleUpgrade(incoming, socket, head, (client) => this.#accept(client));
  }

  /** Answers what waits and ends the connections. Never rejects. */
  async close(): Promise<void> {
    const farewells = [...this.#clients].map(async ([socket, duplex]) => {
      const goodbye = duplex.close('mcp-nostr was stopped');
      socket.close(closeCodes.goingAway, 'mcp-nostr was stopped');
      // A client that does not answer the closing handshake would hold us for 30 s.
      const timer = setTimeout(() => socket.terminate(), this.#options.limits.closeGraceMs);
      socket.once('close', () => clearTimeout(timer));
      await goodbye;
    });
    await Promise.all(farewells);
  }

  #refusal(incoming: IncomingMessage): Response | undefined {
    const { seats } = this.#options;
    const offered = incoming.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
    if (offered !== undefined && !offered.includes(SUBPROTOCOL)) {
      const text = `Bad Request: the subprotocol is "${SUBPROTOCOL}"`;
      return errorResponse(400, errorCodes.badRequest, text);
    }
    if (!seats.isFull) return undefined;
    const text = `Service Unavailable: ${seats.taken} clients are connected; try again later`;
    return errorResponse(503, errorCodes.badRequest, text);
  }

  #accept(socket: WebSocket): void {
    const { limits, seats, onlog } = this.#options;
    const leave = seats.take();
    const send = (message: JsonRpcMessage): void => {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(JSON.stringify(message), ignore);
      if (socket.bufferedAmount <= limits.maxUnreadBytes) return;
      onlog('a WebSocket client does not read; it is cut off');
      socket.terminate();
    };
    const duplex = new DuplexClient({ ...this.#options, send });
    this.#clients.set(socket, duplex);
    let isAlive = true;
    // A client that has vanished without a word is found out by its silence.
    const pinging = setInterval(() => {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping(undefined, undefined, ignore);
    }, limits.keepAliveMs);
    socket.on('pong', () => {
      isAlive = true;
    });
    socket.on('message', (data, isBinary) => {
      isAlive = true;
      if (socket.readyState !== socket.OPEN) return;
      if (isBinary) return socket.close(closeCodes.unsupportedData, 'MCP messages are text');
      const reading = readMessage(Buffer.isBuffer(data) ? data.toString('utf8') : '');
      if ('message' in reading) duplex.receive(reading.message);
      else send(reading.refusal);
    });
    // What is too large or against RFC 6455: ws closes with the fitting code.
    socket.on('error', (error) => onlog(`a WebSocket client was cut off: ${error.message}`));
    socket.on('close', () => {
      clearInterval(pinging);
      this.#clients.delete(socket);
      leave();
      void duplex.close(); // it never rejects
    });
  }
}

/** The end of a connection is told by `close`. */
function ignore(): void {}
