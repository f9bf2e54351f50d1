import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';

import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

import type { HttpHandler } from './http-front.ts';

export interface SdkOneOptions {
  isStateless?: boolean;
  enableJsonResponse?: boolean;
  /** How an unknown session is refused. @default 404 */
  unknownSessionStatus?: 400 | 404;
}

/** MCP servers of SDK 1.x on Streamable HTTP, as its documentation puts them together. */
export class SdkOneServers {
  readonly #create: () => McpServer;
  readonly #options: SdkOneOptions;
  readonly sessions: Map<string, { transport: StreamableHTTPServerTransport; server: McpServer }> = new Map();

  constructor(create: () => McpServer, options: SdkOneOptions = {}) {
    this.#create = create;
    this.#options = options;
  }

  /** What a restart does to the sessions. */
  async forget(): Promise<void> {
    const all = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.all(all.map(({ server }) => server.close()));
  }

  readonly handler: HttpHandler = async (request, response, body) => {
    const { isStateless = false, unknownSessionStatus = 404 } = this.#options;
    const id = request.headers['mcp-session-id'];
    if (typeof id === 'string' && !isStateless) {
      const known = this.sessions.get(id);
      if (known !== undefined) return known.transport.handleRequest(request, response, body);
      const words =
        unknownSessionStatus === 404 ? 'Session not found' : 'Bad Request: No valid session ID provided';
      const error = { code: unknownSessionStatus === 404 ? -32_001 : -32_000, message: words };
      response.writeHead(unknownSessionStatus, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
      return;
    }
    const { enableJsonResponse = false } = this.#options;
    const server = this.#create();
    const transport = new StreamableHTTPServerTransport({
      ...(isStateless ? {} : { sessionIdGenerator: () => randomUUID() }),
      enableJsonResponse,
      onsessioninitialized: (sessionId) => void this.sessions.set(sessionId, { transport, server }),
      onsessionclosed: (sessionId) => void this.sessions.delete(sessionId),
    });
    await server.connect(transport);
    await transport.handleRequest(request, response, body);
  };
}

/** A handler of web requests, as SDK 2.x makes them, on a Node server. */
export function webHandler(
  fetch: (request: Request, options: { parsedBody: unknown }) => Promise<Response>,
): HttpHandler {
  return async (request: IncomingMessage, response: ServerResponse, body: unknown) => {
    const left = new AbortController();
    response.on('close', () => left.abort());
    const answer = await fetch(
      new Request(`http://${request.headers.host}${request.url}`, {
        method: request.method ?? 'GET',
        headers: new Headers(request.headers as Record<string, string>),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: left.signal,
      }),
      { parsedBody: body },
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.flushHeaders();
    if (answer.body === null) {
      response.end();
      return;
    }
    const stream = Readable.fromWeb(answer.body as NodeStream);
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.destroy());
    stream.pipe(response);
  };
}
