import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { freePort } from './free-ports.ts';
import { Recorder } from './recorder.ts';

export interface HttpRequest {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  /** The JSON-RPC message of a POST. */
  readonly body: { id?: unknown; method?: string; params?: Record<string, unknown> } | undefined;
  /** The caller left before the answer. */
  isAborted: boolean;
}

export type HttpHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
) => void | Promise<void>;

/** An HTTP server whose behaviour a test can exchange, and that notes what it was asked. */
export class HttpFront {
  readonly requests = new Recorder<HttpRequest>('an HTTP request');
  readonly aborts = new Recorder<HttpRequest>('an aborted HTTP request');
  handler: HttpHandler = (_request, response) => void response.writeHead(404).end();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/mcp`;
  }

  /** Also after `close()`, at the same place. */
  async open(): Promise<this> {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    if (this.#port === 0) this.#port = await freePort();
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening');
    return this;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Requests with this JSON-RPC method. */
  asked(method: string): HttpRequest[] {
    return this.requests.items.filter(({ body }) => body?.method === method);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = text === '' ? undefined : (JSON.parse(text) as HttpRequest['body']);
    const noted = { method: request.method ?? '', headers: request.headers, body, isAborted: false };
    response.on('close', () => {
      if (response.writableFinished) return;
      noted.isAborted = true;
      this.aborts.add(noted);
    });
    this.requests.add(noted);
    await this.handler(request, response, body);
  }
}
