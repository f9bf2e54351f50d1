import { Recorder } from '../helpers/recorder.ts';
import type { HttpHandler } from '../helpers/http-front.ts';
import type { JsonRpcMessage } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { sharedGateway } from '../helpers/gateway.ts';

const gateway = sharedGateway();
const { front } = gateway;

interface Asked {
  id: string | number;
  method?: string;
}

/** Answers the handshake, and each tool call with what is given. */
function answerCallsWith(call: HttpHandler): void {
  front.handler = (request, response, body) => {
    const { id, method } = (body ?? {}) as Asked;
    if (method === 'tools/call') return call(request, response, body);
    if (request.method !== 'POST') return void response.writeHead(405).end();
    if (id === undefined) return void response.writeHead(202).end();
    const result =
      method === 'initialize'
        ? {
            protocolVersion: '2025-11-25',
            capabilities: { tools: {} },
            serverInfo: { name: 's', version: '1' },
          }
        : {};
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  };
}

/** What a caller sees of one call. */
async function failureOf(call: HttpHandler): Promise<unknown> {
  answerCallsWith(call);
  const client = await gateway.connect();
  return client.callTool({ name: 'any' }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

function status(code: number, body = '', headers: Record<string, string> = {}): HttpHandler {
  return (_request, response) => void response.writeHead(code, headers).end(body);
}

describe('a caller', () => {
  it('cannot make headers of its own', async () => {
    answerCallsWith(status(200));
    const transport = gateway.transport();
    const answers = new Recorder<JsonRpcMessage>('an answer');
    transport.onmessage = answers.add;
    await transport.start();
    const forged = 'x\r\nx-mcp-nostr-caller: forged';
    const meta = (version: string): object => ({ 'io.modelcontextprotocol/protocolVersion': version });
    const name = { name: forged, 'x-mcp-nostr-caller': 'forged' };
    await transport.send({ jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: meta(forged) } });
    await transport.send({ jsonrpc: '2.0', id: 2, method: forged, params: { _meta: meta('2026-07-28') } });
    await transport.send({
      jsonrpc: '2.0',
      id: 3,
      method: 'prompts/get',
      params: { _meta: meta('2026-07-28'), ...name },
    });
    await answers.reached(3);
    expect(
      answers.items.map((answer) => ('error' in answer ? [answer.id, answer.error.code] : answer)),
    ).toEqual(expect.arrayContaining([[1, -31_007], [2, -31_007], { jsonrpc: '2.0', id: 3, result: {} }]));
    // The first may be the gateway's own question at its start.
    const asked = front.requests.items.filter(({ body }) => body?.method !== 'server/discover');
    expect(asked.map(({ headers }) => headers['x-mcp-nostr-caller'])).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    expect(asked[0]?.headers['mcp-name']).toMatch(/^=\?base64\?/);
  });
});

describe('an HTTP server that fails', () => {
  it.each([
    [401, 'invalid_token', {}, /401.*credentials.*--header/],
    [403, '', {}, /403.*--header/],
    [404, 'Cannot POST /mcp', {}, /404.*no MCP endpoint/],
    [500, '<h1>secret stack trace</h1>', { 'content-type': 'text/html' }, /answered 500$/],
    [302, '', { location: 'http://192.0.2.1/' }, /302.*redirect/],
  ] as const)(
    'answers %i: the caller is told so, and not what only the operator may read',
    async (...row) => {
      const [code, body, headers, message] = row;
      const failure = await failureOf(status(code, body, headers));
      expect(failure).toMatchObject({ code: -31_007, data: { code: 'server_failed' } });
      expect(String(failure)).toMatch(message);
      expect(String(failure)).not.toMatch(/secret|192\.0\.2|127\.0\.0/);
      // It has another way here than the answer.
      await expect.poll(() => gateway.output).toContain(body);
    },
  );

  it('is busy: so is the gateway', async () => {
    const failure = await failureOf(status(429, '', { 'retry-after': '30' }));
    expect(failure).toMatchObject({ code: -31_006, message: expect.stringMatching(/429.*after 30 s/) });
  });

  it('gives its own JSON-RPC error with any status: it arrives as it is', async () => {
    for (const code of [400, 404, 500]) {
      const error = { code: -32_021, message: 'its own words', data: { deep: [1, null] } };
      const body = JSON.stringify({ jsonrpc: '2.0', id: null, error });
      const failure = await failureOf(status(code, body));
      expect(failure).toMatchObject({ ...error, message: expect.stringContaining('its own words') });
    }
  });

  it('answers something else than MCP', async () => {
    const html = await failureOf(status(200, '<html>', { 'content-type': 'text/html' }));
    expect(html).toMatchObject({
      code: -31_007,
      message: expect.stringContaining('text/html that is no MCP'),
    });
    const noJson = await failureOf(status(200, '{', { 'content-type': 'application/json' }));
    expect(noJson).toMatchObject({ code: -31_007, message: expect.stringContaining('no MCP message') });
    expect(await failureOf(status(202))).toMatchObject({ message: expect.stringContaining('202 without') });
    const stream = await failureOf(status(200, 'data: {"x":1}\n\n', { 'content-type': 'text/event-stream' }));
    expect(stream).toMatchObject({ code: -31_007, message: expect.stringContaining('no MCP message') });
  });

  it.each(['application/json', 'text/event-stream'])('sends without end (%s)', async (type) => {
    const failure = await failureOf((_request, response) => {
      response.writeHead(200, { 'content-type': type });
      response.write('id: 1\ndata: "');
      const line = Buffer.alloc(65_536, 'x');
      const write = (): void => {
        while (!response.destroyed && response.write(line));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    expect(failure).toMatchObject({ code: -31_004, data: { code: 'message_too_large' } });
    // It is not asked for more.
    expect(front.requests.items.filter(({ headers }) => headers['last-event-id'] !== undefined)).toEqual([]);
  });

  it('breaks the stream of a call: it is resumed where it ended, when the server says', async () => {
    const times = new Recorder<number>('a time');
    const client = await (async () => {
      answerCallsWith((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        times.add(performance.now());
        response.end('id: event 1\nretry: 300\ndata: \n\n');
      });
      return gateway.connect();
    })();
    const handler = front.handler;
    front.handler = (request, response, body) => {
      if (request.headers['last-event-id'] === undefined) return handler(request, response, body);
      times.add(performance.now());
      const { id } = front.asked('tools/call')[0]?.body ?? {};
      const answer = { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'resumed' }] } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`id: event 2\ndata: ${JSON.stringify(answer)}\n\n`);
    };
    const result = await client.callTool({ name: 'any' });
    expect(result.content).toEqual([{ type: 'text', text: 'resumed' }]);
    expect(front.asked('tools/call')).toHaveLength(1);
    const resumed = front.requests.items.find(({ headers }) => headers['last-event-id'] !== undefined);
    expect(resumed).toMatchObject({ method: 'GET', headers: { 'last-event-id': 'event 1' } });
    const [ended = 0, resumedAt = 0] = times.items;
    expect(resumedAt - ended).toBeGreaterThan(290); // A lower bound: load can only make it more.
  });

  it('has forgotten the stream of a call: the call fails at once, and is not made again', async () => {
    answerCallsWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('id: event 1\nretry: 100\ndata: \n\n');
    });
    const { handler } = front;
    front.handler = (request, response, body) =>
      request.headers['last-event-id'] === undefined
        ? handler(request, response, body)
        : void response.writeHead(404).end('no such session');
    const client = await gateway.connect();
    await expect(client.callTool({ name: 'any' })).rejects.toMatchObject({
      code: -31_007,
      message: expect.stringContaining('executed or not'),
    });
    expect(front.asked('tools/call')).toHaveLength(1);
    expect(front.requests.items.filter(({ headers }) => headers['last-event-id'] !== undefined)).toHaveLength(
      1,
    );
  });
});
