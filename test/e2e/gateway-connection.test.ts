import { type JsonRpcMessage, parseJsonRpc, type RequestId } from '@mcp-nostr/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { ServerTransport } from '../../packages/cli/src/serve/child-server.ts';
import { HttpServer } from '../../packages/cli/src/serve/http-server/http-server.ts';
import { openUpstream } from '../../packages/cli/src/serve/http-server/upstream.ts';
import { Gate } from '../helpers/gates.ts';
import { HttpFront, type HttpHandler } from '../helpers/http-front.ts';
import { initialize, modernMeta } from '../helpers/raw-http.ts';
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
    connection.receive({ ...initialize, id: 'i' });
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

describe('a session that the HTTP server has forgotten', () => {
  /** Asks with each call and answers none; forgets on request. */
  function forgetful(): { handler: HttpHandler; forget: () => void } {
    let session = 1;
    const handler: HttpHandler = (request, response, body) => {
      const { id, method } = (body ?? {}) as Asked;
      if (request.method !== 'POST') return void response.writeHead(405).end();
      if (method === 'initialize') response.setHeader('mcp-session-id', `session ${session}`);
      else if (request.headers['mcp-session-id'] !== `session ${session}`)
        return void response.writeHead(404).end();
      if (method !== 'tools/call') return serve(request, response, body);
      const ask = { jsonrpc: '2.0', id: 0, method: 'roots/list', params: { of: id } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(ask)}\n\n`);
    };
    return { handler, forget: () => session++ };
  }
  const any = { method: 'tools/call', params: { name: 'any' } };
  const asking = (of: RequestId) => (message: JsonRpcMessage) =>
    'method' in message && message.method === 'roots/list' && message.params?.['of'] === of;

  it('is begun anew once, however many requests find out', async () => {
    const { handler, forget } = forgetful();
    const connection = await Connection.open(handler);
    connection.receive({ ...initialize, id: 'i' });
    await connection.answer('i');
    forget();
    for (let id = 0; id < 5; id++) connection.receive({ id, method: 'ping' });
    for (let id = 0; id < 5; id++) expect(await connection.answer(id)).toMatchObject({ result: {} });
    expect(connection.front.asked('initialize')).toHaveLength(2);
  });

  it('does not get the answer to what the one before has asked', async () => {
    const { handler, forget } = forgetful();
    const connection = await Connection.open(handler);
    connection.receive({ ...initialize, id: 'i' });
    await connection.answer('i');
    connection.receive({ id: 1, ...any });
    await connection.sent.first(asking(1));
    forget();
    connection.receive({ id: 2, method: 'ping' });
    await connection.answer(2);
    connection.receive({ id: 0, result: { roots: ['for the former'] } });
    expect(
      await connection.sent.first((each) => 'method' in each && each.method === 'notifications/cancelled'),
    ).toMatchObject({ params: { requestId: 0 } });
    connection.receive({ id: 3, ...any });
    const { id } = (await connection.sent.first(asking(3))) as { id: string };
    connection.receive({ id: 0, result: { roots: ['later still'] } });
    connection.receive({ id, result: { roots: ['for this one'] } });
    const answered = ({ body }: { body: unknown }): boolean => JSON.stringify(body).includes('roots');
    const { body } = await connection.front.requests.first(
      (each) => answered(each) && each.body?.method === undefined,
    );
    expect(body).toMatchObject({ id: 0, result: { roots: ['for this one'] } });
  });

  it('fails what finds out while the server cannot be asked, and goes on when it can', async () => {
    const { handler, forget } = forgetful();
    const connection = await Connection.open(handler);
    connection.receive({ ...initialize, id: 'i' });
    await connection.answer('i');
    forget();
    connection.front.handler = (request, response, body) =>
      (body as Asked).method === 'initialize'
        ? void response.writeHead(503).end()
        : handler(request, response, body);
    connection.receive({ id: 1, method: 'ping' });
    connection.receive({ id: 2, method: 'ping' });
    for (const id of [1, 2])
      expect(await connection.answer(id)).toMatchObject({ error: { data: { code: 'busy' } } });
    connection.front.handler = handler;
    connection.receive({ id: 3, method: 'ping' });
    expect(await connection.answer(3)).toMatchObject({ result: {} });
  });
});

describe('an HTTP server that answers strangely', () => {
  const call = { id: 1, method: 'tools/call', params: { name: 'any' } };
  const events = (...messages: object[]): string =>
    messages.map((each) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...each })}\n\n`).join('');

  async function callOf(text: string, isEnd = true): Promise<Connection> {
    const connection = await Connection.open(
      serveBut('tools/call', (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
        if (isEnd) response.end();
      }),
    );
    connection.receive({ ...initialize, id: 'i' });
    await connection.answer('i');
    connection.receive(call);
    return connection;
  }

  it('with the id of another: that is no answer', async () => {
    for (const id of ['1', 2, 0]) {
      const connection = await callOf(events({ id, result: {} }));
      expect(await connection.answer(1)).toMatchObject({ error: { data: { code: 'server_failed' } } });
    }
  });

  it('twice: the first is the answer', async () => {
    const connection = await callOf(events({ id: 1, result: { n: 1 } }, { id: 1, result: { n: 2 } }));
    connection.receive({ id: 2, method: 'ping' });
    await connection.answer(2);
    expect(connection.sent.items.filter((each) => 'id' in each && each.id === 1)).toEqual([
      { jsonrpc: '2.0', id: 1, result: { n: 1 } },
    ]);
  });

  it('and asks afterwards: it is told that nobody hears it', async () => {
    const text = events({ id: 1, result: {} }, { id: 'late', method: 'roots/list' });
    const connection = await callOf(text, false);
    const { body } = await connection.front.requests.first((each) => each.body?.id === 'late');
    expect(body).toMatchObject({ id: 'late', error: { data: { code: 'outcome_unknown' } } });
    expect(connection.sent.items.filter((each) => 'method' in each)).toEqual([]);
  });
});
