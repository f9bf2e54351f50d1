import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { type JsonRpcMessage, parseJsonRpc } from '@mcp-nostr/core';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type WebSocket, WebSocketServer } from 'ws';

import { freePort } from './free-ports.ts';
import { Recorder } from './recorder.ts';

/** MCP servers of SDK 1.x, one for each connection, behind a port that can be closed and opened again. */
abstract class DuplexServers {
  /** The headers of each connection that was opened. */
  readonly opened = new Recorder<IncomingMessage['headers']>('a connection');
  /** What clients have sent. */
  readonly heard = new Recorder<JsonRpcMessage>('a message of a client');
  readonly closed = new Recorder<string>('the end of a connection');
  /** Instead of serving, where a test wants that. */
  refuse: ((response: ServerResponse) => void) | undefined;
  protected readonly create: () => McpServer;
  #server: Server | undefined;
  #port = 0;

  constructor(create: () => McpServer) {
    this.create = create;
  }

  abstract readonly url: URL;

  get port(): number {
    return this.#port;
  }

  /** Also after `close()`, at the same place. */
  async open(): Promise<this> {
    const server = createServer((request, response) => {
      if (this.refuse !== undefined) return this.refuse(response);
      void this.handle(request, response);
    });
    this.prepare(server);
    if (this.#port === 0) this.#port = await freePort();
    await once(server.listen(this.#port, '127.0.0.1'), 'listening');
    this.#server = server;
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    this.cut();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** What its clients have not read. */
  abstract readonly waitingBytes: number;
  /** Ends all connections, without a word. */
  abstract cut(): void;
  protected abstract prepare(server: Server): void;
  protected abstract handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export class SseServers extends DuplexServers {
  readonly transports: Map<string, SSEServerTransport> = new Map();
  readonly posts = new Recorder<IncomingMessage['headers']>('a posted message');
  /** What a posted message waits for before it is taken. */
  taking: Promise<void> = Promise.resolve();
  readonly #streams: Set<ServerResponse> = new Set();

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}/sse`);
  }

  get waitingBytes(): number {
    return [...this.#streams].reduce((sum, { writableLength }) => sum + writableLength, 0);
  }

  cut(): void {
    this.transports.clear();
    for (const stream of this.#streams) stream.destroy();
  }

  protected prepare(): void {}

  protected async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    if (request.method === 'POST' && url.pathname === '/messages') {
      const transport = this.transports.get(url.searchParams.get('sessionId') ?? '');
      if (transport === undefined) return void response.writeHead(404).end('no such session');
      this.posts.add(request.headers);
      await this.taking;
      return transport.handlePostMessage(request, response);
    }
    if (request.method !== 'GET' || url.pathname !== '/sse') return void response.writeHead(405).end();
    const transport = new SSEServerTransport('/messages', response);
    this.transports.set(transport.sessionId, transport);
    this.#streams.add(response);
    response.on('close', () => {
      this.#streams.delete(response);
      this.transports.delete(transport.sessionId);
      this.closed.add(transport.sessionId);
    });
    this.opened.add(request.headers);
    await this.create().connect(transport);
    // Clients that connect by themselves would do it soon.
    response.write('retry: 1\n\n');
    const { onmessage } = transport;
    transport.onmessage = (message, extra) => {
      this.heard.add(message);
      onmessage?.(message, extra);
    };
  }
}

export class WebSocketServers extends DuplexServers {
  readonly sockets: Set<WebSocket> = new Set();
  answersPings = true;
  /** Ends each connection as soon as its client says something. */
  endsAtFirstWord = false;
  /** Changes what is sent. */
  rewrite = (text: string): string => text;

  get url(): URL {
    return new URL(`ws://127.0.0.1:${this.port}/mcp`);
  }

  get waitingBytes(): number {
    return [...this.sockets].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
  }

  cut(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  protected prepare(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      if (this.refuse !== undefined) {
        socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
        return;
      }
      const webSockets = new WebSocketServer({ noServer: true, autoPong: this.answersPings });
      webSockets.handleUpgrade(request, socket, head, (client) => {
        this.sockets.add(client);
        client.on('close', () => {
          this.sockets.delete(client);
          this.closed.add('closed');
        });
        this.opened.add(request.headers);
        void this.create().connect(overWebSocket(client, this));
      });
    });
  }

  protected async handle(_request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.writeHead(426).end();
  }
}

/** SDK 1.x has a WebSocket transport for clients alone. */
function overWebSocket(socket: WebSocket, servers: WebSocketServers): Transport {
  const transport: Transport = {
    start: async () => {},
    send: async (message) => socket.send(servers.rewrite(JSON.stringify(message))),
    close: async () => socket.close(),
  };
  socket.on('message', (data) => {
    const message: JsonRpcMessage = parseJsonRpc(JSON.parse((data as Buffer).toString()));
    servers.heard.add(message);
    if (servers.endsAtFirstWord) return socket.terminate();
    transport.onmessage?.(message);
  });
  socket.on('close', () => transport.onclose?.());
  return transport;
}
