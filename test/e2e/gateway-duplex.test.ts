import type { Caller } from '@mcp-nostr/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { duplexSource } from '../../packages/cli/src/serve/duplex-server/duplex-source.ts';
import { type Source, urlSource } from '../../packages/cli/src/serve/source.ts';
import { CallerEnd } from '../helpers/caller-end.ts';
import { SseServers, WebSocketServers } from '../helpers/duplex-servers.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { Gate } from '../helpers/gates.ts';
import { legs } from '../helpers/legs.ts';
import { initialize, modernMeta } from '../helpers/raw-http.ts';
import { Recorder } from '../helpers/recorder.ts';
import { sharedWorld } from '../helpers/world.ts';

const world = sharedWorld(legs[0]!);
const patience = { timeout: 10_000 };
const caller = { pubkey: 'c'.repeat(64), connectionId: 'd'.repeat(64) } as Caller;
const callTool = (name: string, given: object = {}): { method: string; params: object } => ({
  method: 'tools/call',
  params: { name, arguments: given },
});

interface Setting {
  servers: SseServers | WebSocketServers;
  fixture: Fixture;
  source: Source;
  log: Recorder<string>;
}

const kinds = { sse: SseServers, ws: WebSocketServers } as const;
type Kind = keyof typeof kinds;

async function open(
  kind: Kind,
  prepare: (setting: Omit<Setting, 'source' | 'log'>) => unknown = () => {},
): Promise<Setting> {
  const fixture = new Fixture();
  const servers = await new kinds[kind](() => fixture.create(caller)).open();
  await prepare({ servers, fixture });
  return { servers, fixture, ...(await sourceOf(servers.url)) };
}

async function sourceOf(url: URL, make = duplexSource): Promise<Pick<Setting, 'source' | 'log'>> {
  const log = new Recorder<string>('a line of the log');
  const printer = {
    ready: () => {},
    relay: () => {},
    call: () => {},
    problem: log.add,
    log: (_source: string, line: string) => log.add(line),
  };
  const settings = { url, headers: { authorization: 'Bearer secret' }, callerHeader: 'x-caller' };
  const source = await make(settings, printer);
  onTestFinished(() => source.close());
  return { source, log };
}

/** A connection whose caller is the test. */
async function connect({ source }: Pick<Setting, 'source'>): Promise<CallerEnd> {
  const end = new CallerEnd();
  await source.open(caller).connect(end as never);
  return end;
}

async function begin(setting: Setting): Promise<CallerEnd> {
  onTestFinished(() => setting.servers.close());
  const end = await connect(setting);
  await end.ask({ ...initialize, id: 'i', method: 'initialize' });
  end.receive({ method: 'notifications/initialized' });
  return end;
}

describe.each(['sse', 'ws'] as const)('a server that speaks %s', (kind) => {
  it('is served over Nostr: calls, log, news, what it asks, and who calls', async () => {
    const setting = await open(kind);
    const { server } = await world.serve(setting.source.open);
    const news = new Recorder<string>('news');
    const { client } = await world.connect({
      server: server.address,
      capabilities: { sampling: {}, elicitation: {} },
      prepare: (each: Client) => {
        each.setNotificationHandler(ToolListChangedNotificationSchema, () => news.add('tools'));
        each.setNotificationHandler(LoggingMessageNotificationSchema, () => news.add('log'));
        each.setRequestHandler(CreateMessageRequestSchema, () => ({
          model: 'm',
          role: 'assistant',
          content: { type: 'text', text: 'because' },
        }));
        each.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
      },
    });
    expect(client.getServerVersion()?.name).toBe('fixture');
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
    await client.callTool({ name: 'progress', arguments: { steps: 3 } }, undefined, { onprogress });
    expect(seen).toEqual([1, 2, 3]);
    await client.callTool({ name: 'log', arguments: { text: 'said' } });
    await news.first((item) => item === 'log');
    setting.fixture.newest.server.sendToolListChanged();
    await news.first((item) => item === 'tools');
    expect(await client.callTool({ name: 'ask-model', arguments: { prompt: 'why' } })).toMatchObject({
      content: [{ text: expect.stringContaining('because') }],
    });
    expect(await client.callTool({ name: 'ask-user', arguments: { question: 'Who?' } })).toMatchObject({
      content: [{ text: expect.stringContaining('Ada') }],
    });
    // One was the check at the start.
    const headers = setting.servers.opened.items.filter((each) => 'x-caller' in each);
    expect(headers).toHaveLength(1);
    expect(headers[0]).toMatchObject({
      authorization: 'Bearer secret',
      'x-caller': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await server.close();
    await setting.servers.close();
  });

  it('has a connection for each, hears a cancellation, and sees its client go', async () => {
    const setting = await open(kind);
    const [one, other] = [await begin(setting), await begin(setting)];
    const before = setting.servers.closed.count;
    one.receive({ id: 1, ...callTool('wait', { name: 'one' }) });
    other.receive({ id: 1, ...callTool('wait', { name: 'other' }) });
    await setting.fixture.started.reached(2);
    one.receive({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await setting.fixture.aborted.first((name) => name === 'one');
    setting.fixture.release('other');
    expect(await other.answer(1)).toMatchObject({ result: { content: [{ text: 'waited for other' }] } });
    await other.close();
    expect((await setting.servers.closed.reached(before + 1)).length).toBe(before + 1);
    expect(await one.ask({ id: 2, ...callTool('echo', { text: 'on' }) })).toHaveProperty('result');
  });

  it('is started again: what it may have executed is not repeated, and the session goes on', async () => {
    const setting = await open(kind);
    const { servers, fixture } = setting;
    const end = await begin(setting);
    await end.ask({ id: 1, method: 'logging/setLevel', params: { level: 'warning' } });
    await end.ask({ id: 2, method: 'resources/subscribe', params: { uri: 'fixture://text' } });
    await end.ask({ id: 3, ...callTool('count', { key: 'k' }) });
    end.receive({ id: 4, ...callTool('wait', { name: 'w' }) });
    await fixture.started.first();
    await servers.close();
    expect(await end.answer(4)).toMatchObject({
      error: { message: expect.stringContaining('executed or not'), data: { code: 'server_failed' } },
    });
    const refused = await end.ask({ id: 5, ...callTool('echo', { text: 'x' }) });
    expect(refused).toMatchObject({
      error: { message: expect.stringContaining('nothing was executed'), data: { code: 'server_failed' } },
    });
    expect(JSON.stringify(refused)).not.toContain('127.0.0.1');
    await servers.open();
    // Nobody asks: the connection comes back by itself, for the sake of what the server may say.
    await fixture.opened.first(({ subscriptions }) => subscriptions.has('fixture://text'));
    await setting.log.first((line) => line.includes('begun anew'));
    fixture.newest.server.sendToolListChanged();
    await end.news('notifications/tools/list_changed');
    expect(await end.ask({ id: 6, ...callTool('log', { text: 'loud' }) })).toHaveProperty('result');
    const levels = end.sent.items.flatMap((each) =>
      'method' in each && each.method === 'notifications/message' ? [each.params?.['level']] : [],
    );
    expect(levels).toEqual(['warning']);
    expect(fixture.executions.get('k')).toBe(1);
    expect(fixture.started.items).toEqual(['w']);
  });

  it('is started again while it asks its client: that need not answer, and the answer goes nowhere', async () => {
    const setting = await open(kind);
    const end = await begin(setting);
    end.receive({ id: 1, ...callTool('ask-roots') });
    const { id } = (await end.news('roots/list')) as { id: number };
    setting.servers.cut();
    await end.answer(1);
    expect(await end.news('notifications/cancelled')).toMatchObject({ params: { requestId: id } });
    end.receive({ id, result: { roots: [{ uri: 'file:///late' }] } });
    await end.ask({ id: 2, method: 'ping' });
    expect(JSON.stringify(setting.servers.heard.items)).not.toContain('late');
  });

  it('is cut off while nobody waits: the next call is served', async () => {
    const setting = await open(kind);
    const end = await begin(setting);
    setting.servers.cut();
    await setting.log.first((line) => line.includes('the connection was lost'));
    expect(await end.ask({ id: 1, ...callTool('echo', { text: 'x' }) })).toHaveProperty('result');
  });

  it('is not there at the start: that is said, callers are told at once, and served when it is', async () => {
    const setting = await open(kind, ({ servers }) => servers.close());
    expect(await setting.log.first()).toContain('ECONNREFUSED');
    const end = await connect(setting);
    expect(await end.ask({ ...initialize, id: 1, method: 'initialize' })).toMatchObject({
      error: { data: { code: 'server_failed' } },
    });
    await setting.servers.open();
    expect(await end.ask({ ...initialize, id: 2, method: 'initialize' })).toHaveProperty('result');
    await setting.servers.close();
  });

  it('refuses the connection: the caller learns why, and which option helps', async () => {
    const setting = await open(kind, ({ servers }) => {
      servers.refuse = (response) => void response.writeHead(401).end('<h1>internal</h1>');
    });
    onTestFinished(() => setting.servers.close());
    const end = await connect(setting);
    const answer = await end.ask({ ...initialize, id: 1, method: 'initialize' });
    expect(answer).toMatchObject({
      error: { message: expect.stringMatching(/401.*--header/), data: { code: 'server_failed' } },
    });
    expect(JSON.stringify(answer)).not.toContain('internal');
    expect(setting.log.items.join('\n')).not.toContain('secret');
  });

  it('gets another session with another initialize', async () => {
    const setting = await open(kind);
    const end = await begin(setting);
    const opened = setting.fixture.opened.count;
    expect(await end.ask({ ...initialize, id: 2, method: 'initialize' })).toHaveProperty('result');
    expect(setting.fixture.opened.count).toBe(opened + 1);
  });

  it('sends what is too large: whoever waits is told', async () => {
    const setting = await open(kind);
    const end = await begin(setting);
    const answer = await end.ask({ id: 1, ...callTool('large', { length: 11_000_000 }) });
    expect(JSON.stringify(answer).slice(0, 300)).toContain('"code":"message_too_large"');
    expect(await end.ask({ id: 2, ...callTool('echo', { text: 'x' }) })).toHaveProperty('result');
  });
});

describe('a server that says more than the relays take', () => {
  it.each(['sse', 'ws'] as const)('has to wait, and loses nothing: %s', async (kind) => {
    const setting = await open(kind);
    const end = await begin(setting);
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
    const setting = await open('sse');
    onTestFinished(() => setting.servers.close());
    const { log } = await sourceOf(setting.servers.url, urlSource);
    expect(await log.first()).toMatch(/HTTP\+SSE.*--sse/);
  });
});

describe('a WebSocket server', () => {
  it('decides about versions itself, and what it sends that is no message is skipped', async () => {
    const setting = await open('ws');
    expect(setting.source.open(caller)).toMatchObject({ decidesVersion: true });
    const end = await begin(setting);
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

describe('a WebSocket server that has vanished without a word', () => {
  it('is found out by its silence', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const setting = await open('ws', ({ servers }) => {
      (servers as WebSocketServers).answersPings = false;
    });
    const end = await begin(setting);
    await vi.advanceTimersByTimeAsync(60_000);
    await setting.log.first((line) => line.includes('the connection was lost'));
    expect(await end.ask({ id: 1, method: 'ping' })).toHaveProperty('result');
  });
});

describe('an SSE server', () => {
  it('that never says where to post is left when the caller goes', async () => {
    const left = new Recorder<string>('the end of a stream');
    const streams = new Recorder<string>('a stream');
    const setting = await open('sse', ({ servers }) => {
      servers.refuse = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        response.on('close', () => left.add('left'));
        streams.add('opened');
      };
    });
    onTestFinished(() => setting.servers.close());
    const end = await connect(setting);
    end.receive({ ...initialize, id: 1 });
    await streams.reached(2); // The other is the check at the start.
    await end.close();
    await left.first();
    expect(end.sent.items).toEqual([]);
  });

  it('is of before MCP 2026-07-28, and hears on which version it agreed', async () => {
    const setting = await open('sse');
    expect(setting.source.open(caller)).toMatchObject({ decidesVersion: false });
    const end = await begin(setting);
    await end.ask({ id: 1, method: 'ping' });
    expect((setting.servers as SseServers).posts.items.at(-1)).toMatchObject({
      'mcp-protocol-version': '2025-11-25',
      authorization: 'Bearer secret',
      'x-caller': caller.pubkey,
    });
  });

  it('has forgotten a session whose stream is open: the refused call is made once, in another', async () => {
    const setting = await open('sse');
    const end = await begin(setting);
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
    const setting = await open('sse', ({ servers }) => {
      servers.refuse = (response) =>
        void response.writeHead(status, headers).write('event: endpoint\ndata: http://192.0.2.1/x\n\n');
    });
    onTestFinished(() => setting.servers.close());
    expect(await setting.log.first()).toMatch(message);
    const end = await connect(setting);
    const answer = await end.ask({ ...initialize, id: 1, method: 'initialize' });
    expect(answer).toMatchObject({ error: { data: { code: 'server_failed' } } });
    expect(JSON.stringify(answer)).not.toContain('192.0.2.1');
  });
});
