import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { urlSource } from '../../packages/cli/src/serve/source.ts';
import {
  beginSession,
  caller,
  callTool,
  connectCaller,
  openGateway,
  sourceOf,
} from '../helpers/duplex-gateway.ts';
import type { SseServers, WebSocketServers } from '../helpers/duplex-servers.ts';
import { Gate } from '../helpers/gates.ts';
import { initialize, modernMeta } from '../helpers/raw-http.ts';
import { Recorder } from '../helpers/recorder.ts';

const patience = { timeout: 20_000 };

describe('a server that says more than the relays take', () => {
  it.each(['sse', 'ws'] as const)('has to wait, and loses nothing: %s', async (kind) => {
    const setting = await openGateway(kind);
    const end = await beginSession(setting);
    const gate = new Gate();
    end.send = async (message) => {
      end.sent.add(message);
      await gate.opened;
    };
    const { server } = setting.fixture.newest.server;
    const before = end.sent.count;
    for (let i = 0; i < 200; i++)
      void server.notification({ method: `notifications/${i}`, params: { text: 'x'.repeat(100_000) } });
    let last = '';
    let repeated = 0;
    // Nothing leaves the server any more, and nothing arrives.
    await expect
      .poll(() => {
        const { waitingBytes } = setting.servers;
        const state = `${waitingBytes} ${end.sent.count}`;
        repeated = waitingBytes > 0 && end.sent.count - before >= 64 && state === last ? repeated + 1 : 0;
        last = state;
        return repeated;
      }, patience)
      .toBeGreaterThan(3);
    expect(end.sent.count - before).toBeLessThan(100);
    gate.open();
    await end.sent.reached(before + 200);
    const methods = end.sent.items.slice(before).map((each) => 'method' in each && each.method);
    expect(methods).toEqual(Array.from({ length: 200 }, (_, i) => `notifications/${i}`));
  });
});

describe('an HTTP server that speaks only HTTP+SSE', () => {
  it('is found out at the start, and the option for it is named', async () => {
    const setting = await openGateway('sse');
    onTestFinished(() => setting.servers.close());
    const { log } = await sourceOf(setting.servers.url, urlSource);
    expect(await log.first()).toMatch(/HTTP\+SSE.*--sse/);
  });
});

describe('a WebSocket server', () => {
  it('decides about versions itself, and what it sends that is no message is skipped', async () => {
    const setting = await openGateway('ws');
    expect(setting.source.open(caller)).toMatchObject({ decidesVersion: true });
    const end = await beginSession(setting);
    for (const socket of (setting.servers as WebSocketServers).sockets) {
      socket.send('nonsense');
      socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}'));
    }
    expect(await end.ask({ id: 1, method: 'server/discover', params: { _meta: modernMeta } })).toMatchObject({
      error: { code: -32_601 },
    });
    expect(setting.log.items.filter((line) => line.includes('not a JSON-RPC message'))).toHaveLength(2);
  });
});

describe('a WebSocket server that comes back as another', () => {
  it('that speaks another version of MCP: the connection ends, and its client begins anew', async () => {
    const setting = await openGateway('ws');
    const end = await beginSession(setting);
    const servers = setting.servers as WebSocketServers;
    servers.rewrite = (text) =>
      text.replace('"protocolVersion":"2025-11-25"', '"protocolVersion":"2024-11-05"');
    servers.cut();
    await end.closes.first();
    expect(setting.log.items.join('\n')).toContain('speaks 2024-11-05 now and spoke 2025-11-25 before');
  });

  it('that ends the connection at the first word: callers are told at once, and the next attempt may do', async () => {
    const setting = await openGateway('ws');
    const end = await beginSession(setting);
    const servers = setting.servers as WebSocketServers;
    servers.endsAtFirstWord = true;
    servers.cut();
    await setting.log.first((line) => line.includes('the connection was lost'));
    const refused = await end.ask({ id: 1, ...callTool('echo', { text: 'x' }) });
    expect(JSON.stringify(refused)).toMatch(/closed the connection|cannot be reached/);
    servers.endsAtFirstWord = false;
    await setting.log.first((line) => line.includes('begun anew'));
    expect(await end.ask({ id: 2, ...callTool('echo', { text: 'x' }) })).toHaveProperty('result');
  });
});

describe('a WebSocket server that has vanished without a word', () => {
  it('is found out by its silence', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const setting = await openGateway('ws', ({ servers }) => {
      (servers as WebSocketServers).answersPings = false;
    });
    const end = await beginSession(setting);
    await vi.advanceTimersByTimeAsync(60_000);
    await setting.log.first((line) => line.includes('the connection was lost'));
    expect(await end.ask({ id: 1, method: 'ping' })).toHaveProperty('result');
  });
});

describe('an SSE server', () => {
  it('that never says where to post is left when the caller goes', async () => {
    const left = new Recorder<string>('the end of a stream');
    const streams = new Recorder<string>('a stream');
    const setting = await openGateway('sse', ({ servers }) => {
      servers.refuse = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        response.on('close', () => left.add('left'));
        streams.add('opened');
      };
    });
    onTestFinished(() => setting.servers.close());
    const end = await connectCaller(setting);
    end.receive({ ...initialize, id: 1 });
    await streams.reached(2); // The other is the check at the start.
    await end.close();
    await left.first();
    expect(end.sent.items).toEqual([]);
  });

  it('is of before MCP 2026-07-28, and hears on which version it agreed', async () => {
    const setting = await openGateway('sse');
    expect(setting.source.open(caller)).toMatchObject({ decidesVersion: false });
    const end = await beginSession(setting);
    await end.ask({ id: 1, method: 'ping' });
    expect((setting.servers as SseServers).posts.items.at(-1)).toMatchObject({
      'mcp-protocol-version': '2025-11-25',
      authorization: 'Bearer secret',
      'x-caller': caller.pubkey,
    });
  });

  it('takes a notification before what follows it', async () => {
    const setting = await openGateway('sse');
    const [end, other] = [await beginSession(setting), await beginSession(setting)];
    await Promise.all([end.ask({ id: 1, method: 'ping' }), other.ask({ id: 1, method: 'ping' })]);
    const servers = setting.servers as SseServers;
    const gate = new Gate();
    servers.taking = gate.opened;
    const before = servers.posts.count;
    end.receive({ method: 'notifications/roots/list_changed' });
    end.receive({ id: 2, method: 'ping' });
    await servers.posts.reached(before + 1);
    servers.taking = Promise.resolve();
    await other.ask({ id: 2, method: 'ping' });
    expect(servers.posts.count).toBe(before + 2);
    gate.open();
    expect(await end.answer(2)).toHaveProperty('result');
  });

  it('that was lost is connected to once: the SDK would do it too', async () => {
    const setting = await openGateway('sse');
    const end = await beginSession(setting);
    await end.ask({ id: 'before', method: 'ping' });
    const before = setting.servers.opened.count;
    setting.servers.cut();
    await setting.log.first((line) => line.includes('begun anew'));
    for (let id = 0; id < 20; id++) await end.ask({ id, method: 'ping' });
    expect(setting.servers.opened.count).toBe(before + 1);
  });

  it('has forgotten a session whose stream is open: the refused call is made once, in another', async () => {
    const setting = await openGateway('sse');
    const end = await beginSession(setting);
    await end.ask({ id: 1, method: 'ping' });
    (setting.servers as SseServers).transports.clear();
    expect(await end.ask({ id: 2, ...callTool('count', { key: 'k' }) })).toMatchObject({
      result: { content: [{ text: '1' }] },
    });
  });

  it.each([
    ['an endpoint of another origin', 200, { 'content-type': 'text/event-stream' }, /origin/],
    ['a redirect to another origin', 302, { location: 'http://192.0.2.1/' }, /302.*redirect/],
    ['something else than a stream', 200, { 'content-type': 'text/html' }, /text\/html.*no event stream/],
  ])('with %s is refused', async (_name, status, headers, message) => {
    const setting = await openGateway('sse', ({ servers }) => {
      servers.refuse = (response) =>
        void response.writeHead(status, headers).write('event: endpoint\ndata: http://192.0.2.1/x\n\n');
    });
    onTestFinished(() => setting.servers.close());
    expect(await setting.log.first()).toMatch(message);
    const end = await connectCaller(setting);
    const answer = await end.ask({ ...initialize, id: 1, method: 'initialize' });
    expect(answer).toMatchObject({ error: { data: { code: 'server_failed' } } });
    expect(JSON.stringify(answer)).not.toContain('192.0.2.1');
  });
});
