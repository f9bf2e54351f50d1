import { parseJsonRpc } from '@mcp-nostr/core';
import WebSocket from 'ws';

import { HttpFailure, networkFailure, statusFailure } from '../http-server/http-failure.ts';
import type { Connection, ConnectionEvents, OpenConnection } from './connection.ts';
import { limits } from './limits.ts';

/** MCP over WebSocket, as the SDKs and their followers speak it: subprotocol `mcp`, a message in each text message. */
export function webSocketOpener(url: URL): OpenConnection {
  return (headers, events, signal) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, ['mcp'], {
        headers,
        maxPayload: limits.maxMessageBytes,
        handshakeTimeout: limits.openTimeoutMs,
        perMessageDeflate: false,
      });
      const abort = (): void => socket.terminate();
      signal.addEventListener('abort', abort, { once: true });
      let failure: HttpFailure | undefined;
      let connection: WebSocketConnection | undefined;
      socket.on('open', () => {
        connection = new WebSocketConnection(socket, events);
        resolve(connection);
      });
      socket.on('unexpected-response', (_request, response) => {
        const retryAfter = response.headers['retry-after'];
        failure = statusFailure(response.statusCode ?? 0, { body: '', retryAfter });
        response.destroy();
        socket.terminate();
      });
      socket.on('error', (error) => {
        failure ??= connection === undefined ? notOpened(error) : brokenBy(error);
      });
      socket.on('close', (code) => {
        signal.removeEventListener('abort', abort);
        failure ??= closed(code);
        reject(failure); // without effect once it was open
        connection?.ended(failure);
      });
      if (signal.aborted) abort();
    });
}

class WebSocketConnection implements Connection {
  readonly #socket: WebSocket;
  readonly #events: ConnectionEvents;
  readonly #pinging: ReturnType<typeof setInterval>;
  #isAlive = true;
  #isClosed = false;

  constructor(socket: WebSocket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#pinging = setInterval(() => this.#ping(), limits.pingMs);
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('message', (data, isBinary) => {
      this.#isAlive = true;
      if (!this.#isClosed) this.#read(isBinary || !Buffer.isBuffer(data) ? '' : data.toString('utf8'));
    });
  }

  send(message: object): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.bufferedAmount > limits.maxUnreadBytes) {
        const text = 'the WebSocket server behind this one does not keep up; try again later';
        return reject(new HttpFailure('http_status', text, { status: 503 }));
      }
      this.#socket.send(JSON.stringify(message), (error) => {
        if (error === undefined || error === null) resolve();
        else reject(brokenBy(error));
      });
    });
  }

  useVersion(): void {}

  pause(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.resume(); // else nobody would read the answer
    this.#socket.close(1000);
    // A server that does not answer the closing handshake would hold the process for 30 s.
    const timer = setTimeout(() => this.#socket.terminate(), 500).unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  ended(failure: HttpFailure): void {
    clearInterval(this.#pinging);
    if (!this.#isClosed) this.#events.onlost(failure);
    this.#isClosed = true;
  }

  #read(text: string): void {
    try {
      this.#events.onmessage(parseJsonRpc(JSON.parse(text)));
    } catch (error) {
      this.#events.onproblem(`not a JSON-RPC message: ${error instanceof Error ? error.message : ''}`);
    }
  }

  #ping(): void {
    // What is not read may hold the pong.
    if (this.#socket.isPaused) return;
    if (!this.#isAlive) return this.#socket.terminate();
    this.#isAlive = false;
    this.#socket.ping(undefined, undefined, () => undefined);
  }
}

/** Whatever went wrong before a connection was open: no request was sent. */
function notOpened(error: Error): HttpFailure {
  const failure = networkFailure(error);
  if (failure.code === 'unreachable') return failure;
  const text = 'the WebSocket server behind this one cannot be reached; nothing was executed';
  return new HttpFailure('unreachable', text, { cause: error, detail: error.message });
}

function brokenBy(error: Error): HttpFailure {
  if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    const text = `the WebSocket server behind this one sent a message of more than ${limits.maxMessageBytes} bytes`;
    return new HttpFailure('too_large', text, { cause: error });
  }
  return networkFailure(error);
}

function closed(code: number): HttpFailure {
  const text = `the WebSocket server behind this one closed the connection (${code})`;
  return new HttpFailure('broken', `${text}; the request may have been executed or not`);
}
