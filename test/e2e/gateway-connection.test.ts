import { type JsonRpcMessage, parseJsonRpc, type RequestId } from '@mcp-nostr/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { ServerTransport } from '../../packages/cli/src/serve/child-server.ts';
import { HttpServer } from '../../packages/cli/src/serve/http-server/http-server.ts';
import { openUpstream } from '../../packages/cli/src/serve/http-server/upstream.ts';
import { Gate } from '../helpers/gates.ts';
import { HttpFront, type HttpHandler } from '../helpers/http-front.ts';
import { modernMeta } from '../helpers/raw-http.ts';
import { Recorder } from '../helpers/recorder.ts';

/** One connection of the gateway, whose client is the test, before an HTTP server of the test. */
class Connection implements ServerTransport {
  readonly front = new HttpFront();
  readonly sent = new Recorder<JsonRpcMessage>('a message for the client');
  readonly log = new Recorder<string>('a line of the log');
  onmessage: ServerTransport['onmessage'];
  onclose: (() => void) | undefined;

  static async open(handler: HttpHandler): Promise<Connection> {
    const connection = new Connection();
    connection.front.handler = handler;
    await connection.front.open();
    const url = new URL(connection.front.url);
    const upstream = await openUpstream({ url, headers: {}, callerHeader: 'x-caller' });
    const server = new HttpServer({ upstream, caller: 'c'.repeat(64), onlog: connection.log.add });
    await server.connect(connection);
    onTestFinished(async () => {
      await server.close();
      await upstream.close();
      await connection.front.close();
    });
    return connection;
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {
    this.onclose?.();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    this.sent.add(message);
  }

  receive(message: object): void {
    this.onmessage?.(parseJsonRpc({ jsonrpc: '2.0', ...message }));
  }

  /** The answer to a request. */
  answer(id: RequestId): Promise<JsonRpcMessage> {
    return this.sent.first((message) => !('method' in message) && message.id === id);
  }
}

interface Asked {
  id?: RequestId;
  method?: string;
  params?: Record<string, unknown>;
}

const json = { 'content-type': 'application/json' };

/** Answers with a result; 202 for what has none. */
const serve: HttpHandler = (_request, response, body) => {
  const { id, method } = body as Asked;
  const result = method === 'tools/list' ? { tools: [] } : { protocolVersion: '2025-11-25', content: [] };
  if (id === undefined || method === undefined) response.writeHead(202).end();
  else response.writeHead(200, json).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
};

/** As `serve`, and something else for one method. */
const serveBut =
  (own: string, handler: HttpHandler): HttpHandler =>
  (request, response, body) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    return (body as Asked).method === own ? handler(request, response, body) : serve(request, response, body);
  };

describe('a request that its client cancels before it could be sent', () => {
  it('is not sent', async () => {
    const gate = new Gate();
    const held = serveBut('notifications/one', async (request, response, body) => {
      await gate.opened;
      return serve(request, response, body);
    });
    const connection = await Connection.open(held);
    connection.receive({ method: 'notifications/one' });
    await connection.front.requests.first();
    connection.receive({ id: 1, method: 'tools/call', params: { name: 'any' } });
    connection.receive({ method: 'notifications/cancelled', params: { requestId: 1 } });
    connection.receive({ id: 2, method: 'ping' });
    gate.open();
    await connection.answer(2);
    expect(connection.front.asked('tools/call')).toEqual([]);
  });
});

describe('a tool of MCP 2026-07-28', () => {
  it('is called even where the list of tools never comes', { timeout: 40_000 }, async () => {
    const connection = await Connection.open(serveBut('tools/list', () => {}));
    connection.receive({ id: 1, method: 'tools/call', params: { name: 'any', _meta: modernMeta } });
    await connection.front.requests.first(({ body }) => body?.method === 'tools/list');
    await connection.log.first((line) => line.includes('the tools are not known'));
    expect(await connection.answer(1)).toMatchObject({ result: {} });
  });
});

describe('a connection with as many requests under way as it may have', () => {
  it('takes the answers and cancellations that let them end, and then more', async () => {
    const asking = serveBut('tools/call', (_request, response, body) => {
      const { id } = body as Asked;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const ask = { jsonrpc: '2.0', id: `q${id}`, method: 'roots/list' };
      response.write(`data: ${JSON.stringify(ask)}\n\n`);
    });
    const connection = await Connection.open(asking);
    connection.receive({ id: 'i', method: 'initialize', params: { protocolVersion: '2025-11-25' } });
    await connection.answer('i');
    for (let id = 0; id < 260; id++) connection.receive({ id, method: 'tools/call', params: { name: 'a' } });
    expect(await connection.answer(259)).toMatchObject({ error: { data: { code: 'busy' } } });
    await connection.sent.first((message) => 'id' in message && message.id === 'q250');
    connection.receive({ id: 'q0', result: { roots: [] } });
    await connection.front.requests.first(({ body }) => body?.id === 'q0');
    connection.receive({ method: 'notifications/cancelled', params: { requestId: 0 } });
    await connection.front.aborts.first(({ body }) => body?.id === 0);
  });
});

describe('an HTTP server of before MCP 2026-07-28 that refuses a probe in its own words', () => {
  it.each([
    [400, 'No valid session ID'],
    [404, 'Not Found'],
    [405, ''],
    [422, 'Unexpected message, expect initialize request'],
  ])('is not taken for one that is out of order (%i)', async (status, words) => {
    const refusing = serveBut(
      'server/discover',
      (_request, response) => void response.writeHead(status).end(words),
    );
    const connection = await Connection.open(refusing);
    connection.receive({ id: 1, method: 'server/discover', params: { _meta: modernMeta } });
    // An error of the way would be taken for an outage, and `initialize` not tried.
    expect(await connection.answer(1)).toMatchObject({ error: { code: -32_601 } });
  });

  it.each([401, 403, 429, 500, 503])('but this one is (%i)', async (status) => {
    const body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"not now"}}';
    const refusing = serveBut(
      'server/discover',
      (_request, response) => void response.writeHead(status, json).end(body),
    );
    const connection = await Connection.open(refusing);
    connection.receive({ id: 1, method: 'server/discover', params: { _meta: modernMeta } });
    expect(await connection.answer(1)).toMatchObject({
      error: { data: { code: expect.stringMatching(/^(server_failed|busy)$/) } },
    });
  });
});
