import { once } from 'node:events';
import { connect } from 'node:net';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { RawSse, RawWebSocket } from '../helpers/duplex-ends.ts';
import { listen, listenWith } from '../helpers/http-world.ts';
import { legs } from '../helpers/legs.ts';
import { initialize, post, statusWith } from '../helpers/raw-http.ts';
import { ScriptedTransport } from '../helpers/scripted-transport.ts';
import { sharedWorld } from '../helpers/world.ts';

const world = sharedWorld(legs[0]!);
const token = 'correct-horse-battery';
const authorization = `Bearer ${token}`;
const ways = ['sse', 'ws'] as const;
const corsOrigins = ['https://app.example'];
const open = async (): Promise<{ sse: string; ws: string; log: { items: string[] }; port: number }> => {
  const { listener, log } = await listen(world, { token, corsOrigins, ways });
  const [sse = '', ws = ''] = listener.urls;
  return { sse, ws, log, port: listener.port };
};

describe('who may connect over SSE', () => {
  it('who has the token, on the stream and with each message', async () => {
    const { sse, log } = await open();
    for (const given of [undefined, 'Bearer wrong', `Basic ${btoa(`x:${token}`)}`]) {
      const { status } = await fetch(sse, given === undefined ? {} : { headers: { authorization: given } });
      expect(status).toBe(401);
    }
    const client = await RawSse.open(sse, { authorization });
    expect((await client.post(initialize)).status).toBe(202);
    const endpoint = await client.endpoint();
    expect((await post(endpoint, initialize)).status).toBe(401);
    expect((await post(`${endpoint.href}&token=${token}`, initialize)).status).toBe(401);
    expect(log.items.join('\n')).not.toContain(token);
  });

  it('no page of a foreign origin or a name that was rebound, and nobody at the stream of another', async () => {
    const { sse, port } = await open();
    for (const origin of ['https://evil.example', 'null'])
      expect((await fetch(sse, { headers: { authorization, origin } })).status).toBe(403);
    const client = await RawSse.open(sse, { authorization });
    const endpoint = await client.endpoint();
    const host = `evil.example:${port}`;
    expect(await statusWith(endpoint, { authorization, host }, initialize)).toBe(403);
    const guessed = new URL('/messages?sessionId=00000000-0000-4000-8000-000000000000', sse);
    expect((await post(guessed, initialize, { authorization })).status).toBe(404);
    expect((await post(new URL('/messages', sse), initialize, { authorization })).status).toBe(404);
    const { headers } = await RawSse.open(sse, { authorization, origin: 'https://app.example' });
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('a probe for Streamable HTTP learns that it is not here, and other paths where it is', async () => {
    const { sse } = await open();
    const probe = await post(sse, initialize, { authorization });
    expect([probe.status, probe.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
    const elsewhere = await fetch(new URL('/mcp', sse));
    expect([elsewhere.status, await elsewhere.text()]).toEqual([
      404,
      expect.stringContaining('/sse, /messages, /ws'),
    ]);
  });
});

describe('who may connect over WebSocket', () => {
  it.each([
    ['a header', (url: string) => new RawWebSocket(url, { headers: { authorization } })],
    ['the address', (url: string) => new RawWebSocket(url.replace('//', `//any:${token}@`))],
    ['a subprotocol', (url: string) => new RawWebSocket(url, { protocols: ['mcp', `bearer.${token}`] })],
  ])('who has the token, in %s', async (_name, connectTo) => {
    const client = connectTo((await open()).ws);
    expect(await client.status).toBe(101);
    expect(client.socket.protocol).toBe('mcp');
  });

  it('nobody without it, nor with a wrong one, nor with one in the query', async () => {
    const { ws, log } = await open();
    const clients = [
      new RawWebSocket(ws),
      new RawWebSocket(ws, { headers: { authorization: 'Bearer wrong' } }),
      new RawWebSocket(ws.replace('//', '//any:wrong@')),
      new RawWebSocket(ws, { protocols: ['mcp', 'bearer.wrong'] }),
      new RawWebSocket(`${ws}?token=${token}&access_token=${token}`),
    ];
    expect(await Promise.all(clients.map(({ status }) => status))).toEqual([401, 401, 401, 401, 401]);
    expect(log.items.join('\n')).not.toMatch(/wrong|correct-horse/);
  });

  it('no page of a foreign origin, no rebound name, no other subprotocol, and at no other path', async () => {
    const { ws } = await open();
    const headers = { authorization };
    const status = (more: object, url = ws): Promise<number> =>
      new RawWebSocket(url, { headers, ...more }).status;
    expect(await status({ headers: { authorization, host: 'evil.example' } })).toBe(403);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ origin: 'https://app.example' })).toBe(101);
    expect(await status({ protocols: ['chat'] })).toBe(400);
    expect(await status({ protocols: [] })).toBe(101);
    expect(await status({}, ws.replace('/ws', '/sse'))).toBe(404);
    expect(await status({}, ws.replace('/ws', '/'))).toBe(404);
    expect((await fetch(ws.replace('ws:', 'http:'), { headers })).status).toBe(426);
  });

  it('no handshake that is none, and the others go on', async () => {
    const { ws, port } = await open();
    const lines = [
      `POST /ws HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: upgrade\r\nupgrade: websocket`,
      `GET /ws HTTP/1.1\r\nhost: [\r\nconnection: upgrade\r\nupgrade: websocket`,
      `GET /ws HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${authorization}\r\nconnection: upgrade\r\nupgrade: websocket`,
    ];
    for (const line of lines) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`${line}\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
      socket.destroy();
    }
    expect(await new RawWebSocket(ws, { headers: { authorization } }).status).toBe(101);
  });
});

describe('a client that offers another protocol first', () => {
  it('is served as if it had not', async () => {
    const { url, port } = await listenWith([new ScriptedTransport(() => {})], {}, ['http', 'ws']);
    const body = JSON.stringify({ jsonrpc: '2.0', method: 'nonsense' });
    const socket = connect(port, '127.0.0.1');
    const head =
      `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n` +
      `http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\ncontent-type: application/json\r\n`;
    for (let request = 0; request < 2; request++) {
      socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      // Streamable HTTP's own word for it: the request and its body have arrived.
      expect(answer.toString()).toMatch(/^HTTP\/1.1 400 [^]*Mcp-Session-Id header is required/);
    }
    socket.destroy();
    expect((await fetch(url)).status).toBe(400);
  });
});

describe('what is no message', () => {
  const working = (): ScriptedTransport =>
    new ScriptedTransport(({ id }, self) => self.onmessage?.({ jsonrpc: '2.0', id, result: {} }));

  it('over SSE: a status says why, and the stream goes on', async () => {
    const { url } = await listenWith([working()], { maxBodyBytes: 2_000 }, ['sse']);
    const client = await RawSse.open(url);
    const answers = [
      client.post('nonsense'),
      client.post('[]'),
      client.post('{"jsonrpc":"2.0","id":7,"method":5}'),
      client.post('{}', { 'content-type': 'text/plain' }),
      client.post({ id: 1, method: 'ping', params: { text: 'x'.repeat(3_000) } }),
    ].map(async (pending) => {
      const response = await pending;
      return [response.status, await response.json()];
    });
    expect(await Promise.all(answers)).toMatchObject([
      [400, { id: null, error: { code: -32_700 } }],
      [400, { id: null, error: { code: -32_600 } }],
      [400, { id: 7, error: { code: -32_600 } }],
      [415, {}],
      [413, { error: { message: expect.stringContaining('2000 bytes') } }],
    ]);
    await client.post({ id: 2, method: 'ping' });
    expect(await client.answer(2)).toMatchObject({ result: {} });
  });

  it('over WebSocket: an error says why, and the connection goes on', async () => {
    const { url } = await listenWith([working()], {}, ['ws']);
    const client = new RawWebSocket(url);
    await client.status;
    for (const text of ['nonsense', '[]', '{"jsonrpc":"2.0","id":7,"method":5}']) client.send(text);
    client.send({ id: 2, method: 'ping' });
    await client.answer(2);
    expect(client.messages.items).toMatchObject([
      { error: { code: -32_700 } },
      { error: { code: -32_600 } },
      { id: 7, error: { code: -32_600 } },
      { id: 2, result: {} },
    ]);
  });

  it('over WebSocket: binary and too large messages end the connection with the code for it', async () => {
    const { url } = await listenWith([working()], { maxBodyBytes: 2_000 }, ['ws']);
    const clients = [new RawWebSocket(url), new RawWebSocket(url)] as const;
    await Promise.all(clients.map(({ status }) => status));
    clients[0].socket.send(Buffer.from('{}'));
    clients[1].send({ id: 1, method: 'ping', params: { text: 'x'.repeat(3_000) } });
    expect(await Promise.all(clients.map(({ closes }) => closes.first()))).toEqual([1003, 1009]);
  });
});

describe('a client that does not listen', () => {
  /** Sends without end, in breaths, for as long as it is connected. */
  const flooding = (): ScriptedTransport =>
    new ScriptedTransport((_request, self) => {
      const params = { data: 'x'.repeat(60_000) };
      const send = (): void => {
        for (let i = 0; i < 20; i++)
          self.onmessage?.({ jsonrpc: '2.0', method: 'notifications/message', params });
        if (!self.isClosed) setImmediate(send);
      };
      send();
    });

  it('over WebSocket is cut off when too much waits for it', async () => {
    const transport = flooding();
    const { url } = await listenWith([transport], { maxUnreadBytes: 500_000 }, ['ws']);
    const client = new RawWebSocket(url);
    await client.status;
    client.send({ id: 1, method: 'ping' });
    client.socket.pause();
    await expect.poll(() => transport.isClosed, { timeout: 10_000 }).toBe(true);
  });

  it('over SSE as well', async () => {
    const transport = flooding();
    const { url, port } = await listenWith([transport], { maxUnreadBytes: 500_000 }, ['sse']);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {}); // it is cut off
    socket.write(`GET /sse HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
    let text = '';
    while (!text.includes('sessionId=')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      text += chunk.toString();
    }
    socket.pause();
    const [endpoint = ''] = /\/messages\S+/.exec(text) ?? [];
    await post(new URL(endpoint, url), { id: 1, method: 'ping' });
    await expect.poll(() => transport.isClosed, { timeout: 10_000 }).toBe(true);
    socket.destroy();
  });

  it('and one that has vanished is found out by its silence; an SSE stream is kept alive', async () => {
    // A slow machine would take longer to hear its first word than it may be silent.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const transport = new ScriptedTransport(() => {});
    const keepAliveMs = 15_000;
    const { urls } = await listenWith([transport], { keepAliveMs }, ways);
    const [sse = '', ws = ''] = urls;
    const stream = await RawSse.open(sse);
    const silent = new RawWebSocket(ws, { autoPong: false });
    await silent.status;
    silent.send({ id: 1, method: 'ping' });
    await transport.sent.first();
    vi.advanceTimersByTime(keepAliveMs);
    vi.advanceTimersByTime(keepAliveMs);
    expect(await silent.closes.first()).toBe(1006);
    await stream.comments.reached(2);
    expect(stream.comments.items[0]).toBe(': keep-alive');
  });
});
