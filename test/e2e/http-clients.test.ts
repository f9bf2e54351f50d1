import {
  Client as Client2,
  StreamableHTTPClientTransport as Http2,
  type ClientOptions as Client2Options,
} from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { DualEraServer } from '../helpers/dual-era-server.ts';
import { type HttpEnd, listen } from '../helpers/http-world.ts';
import { legs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { sharedWorld } from '../helpers/world.ts';

const info = { name: 'http-client', version: '1.0.0' };
const capabilities = { elicitation: { form: {} }, sampling: {} };
const [leg] = legs;

async function connect1({ url }: HttpEnd, prepare?: (client: Client1) => void): Promise<Client1> {
  const client = new Client1(info, { capabilities });
  prepare?.(client);
  await client.connect(new Http1(url));
  onTestFinished(() => client.close());
  return client;
}

async function connect2({ url }: HttpEnd, options: Client2Options): Promise<Client2> {
  const client = new Client2(info, { capabilities, ...options });
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
  await client.connect(new Http2(url));
  onTestFinished(() => client.close());
  return client;
}

describe('a server of SDK 1.x behind HTTP', () => {
  const world = sharedWorld(leg!);
  let end: HttpEnd;
  beforeEach(async () => {
    end = await listen(world);
  });

  it('serves a client of SDK 1.x: calls, progress, log messages and news of its own accord', async () => {
    const news = new Recorder<string>('news');
    const client = await connect1(end, (each) => {
      each.setNotificationHandler(ToolListChangedNotificationSchema, () => news.add('tools'));
      each.setNotificationHandler(LoggingMessageNotificationSchema, () => news.add('log'));
    });
    expect(client.getServerVersion()?.name).toBe('fixture');
    expect(await client.callTool({ name: 'echo', arguments: { text: '\u{1f600}' } })).toMatchObject({
      content: [{ text: '\u{1f600}' }],
    });
    const seen: number[] = [];
    await client.callTool({ name: 'progress', arguments: { steps: 3 } }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    expect(seen).toEqual([1, 2, 3]);
    await client.callTool({ name: 'log', arguments: { text: 'said' } });
    await news.first((item) => item === 'log');
    world.fixture.newest.server.sendToolListChanged();
    await news.first((item) => item === 'tools');
    await expect(client.callTool({ name: 'nothing' })).resolves.toMatchObject({ isError: true });
  });

  it('asks a client of SDK 1.x its model and its user, in and outside of calls', async () => {
    const client = await connect1(end, (each) => {
      each.setRequestHandler(CreateMessageRequestSchema, () => ({
        model: 'test-model',
        role: 'assistant',
        content: { type: 'text', text: 'because' },
      }));
      each.setRequestHandler(ElicitRequestSchema, () => ({
        action: 'accept',
        content: { name: 'Ada', colour: 'green' },
      }));
    });
    const [model, user] = await Promise.all([
      client.callTool({ name: 'ask-model', arguments: { prompt: 'why?' } }),
      client.callTool({ name: 'ask-user', arguments: { question: 'Who?' } }),
    ]);
    expect(JSON.stringify(model)).toContain('because');
    expect(JSON.stringify(user)).toContain('Ada');
    expect(await world.fixture.newest.server.server.ping()).toEqual({});
  });

  it('is an old server to a client of SDK 2.x that finds out, and one of its own to each client', async () => {
    const [auto, legacy] = [
      await connect2(end, { versionNegotiation: { mode: 'auto' } }),
      await connect2(end, { versionNegotiation: { mode: 'legacy' } }),
    ];
    for (const client of [auto, legacy]) {
      expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
      expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
        content: [{ text: 'hi' }],
      });
    }
    const connections = world.fixture.instances.slice(-2).map(({ caller }) => caller.connectionId);
    expect(new Set(connections).size).toBe(2);
  });
});

describe('a server of both eras behind HTTP', () => {
  const server = new DualEraServer();
  const world = sharedWorld(leg!, server.create);
  let end: HttpEnd;
  beforeEach(async () => {
    end = await listen(world);
  });

  it.each([
    ['auto', 'auto', '2026-07-28'],
    ['pinned', { pin: '2026-07-28' }, '2026-07-28'],
    ['legacy', 'legacy', '2025-11-25'],
  ] as const)(
    'serves a client of SDK 2.x, %s: calls, progress, errors and questions',
    async (_name, mode, version) => {
      const client = await connect2(end, { versionNegotiation: { mode } });
      expect(client.getNegotiatedProtocolVersion()).toBe(version);
      const calls = Array.from({ length: 20 }, (_, index) =>
        client.callTool({ name: 'echo', arguments: { text: `${index}` } }),
      );
      expect((await Promise.all(calls)).map(({ content }) => content)).toEqual(
        calls.map((_, index) => [{ type: 'text', text: `${index}` }]),
      );
      const seen: number[] = [];
      await client.callTool(
        { name: 'progress', arguments: { steps: 3 } },
        { onprogress: ({ progress }) => seen.push(progress) },
      );
      expect(seen).toEqual([1, 2, 3]);
      expect(await client.callTool({ name: 'fail' })).toMatchObject({ isError: true });
      expect(await client.callTool({ name: 'ask' })).toMatchObject({ content: [{ text: 'hello Ada' }] });
    },
  );

  it('serves a client of SDK 1.x beside one that is modern', async () => {
    const modern = await connect2(end, { versionNegotiation: { mode: 'auto' } });
    const old = await connect1(end);
    for (const client of [modern, old])
      expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
        content: [{ text: 'hi' }],
      });
  });

  it('keeps modern clients apart that use the same ids and progress tokens', async () => {
    const clients = await Promise.all(
      [1, 2, 3].map(() => connect2(end, { versionNegotiation: { mode: { pin: '2026-07-28' } } })),
    );
    const results = await Promise.all(
      clients.map(async (client, index) => {
        const seen: number[] = [];
        const { content } = await client.callTool(
          { name: 'progress', arguments: { steps: index + 1 } },
          { onprogress: ({ progress }) => seen.push(progress) },
        );
        return [content, seen];
      }),
    );
    expect(results.map(([, seen]) => seen)).toEqual([[1], [1, 2], [1, 2, 3]]);
  });

  it('ends a call whose client has gone, and no other', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => connect2(end, { versionNegotiation: { mode: 'auto' } })),
    );
    const abort = new AbortController();
    const gone = one!.callTool(
      { name: 'wait', arguments: { name: 'one' } },
      { signal: abort.signal, onprogress: () => {} },
    );
    const stays = two!.callTool({ name: 'wait', arguments: { name: 'two' } });
    stays.catch(() => {}); // the world ends it
    await server.started.first((name) => name === 'one');
    await server.started.first((name) => name === 'two');
    abort.abort();
    await expect(gone).rejects.toThrow(/abort/i);
    await server.aborted.first((name) => name === 'one');
    expect(server.aborted.items).not.toContain('two');
  });

  it('streams news to each that listens, under the id of its own, until it closes', async () => {
    const heard = new Recorder<string>('news of tools');
    const clients = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const client = await connect2(end, { versionNegotiation: { mode: 'auto' } });
        client.setNotificationHandler('notifications/tools/list_changed', () => heard.add(name));
        return { name, client, subscription: await client.listen({ toolsListChanged: true }) };
      }),
    );
    server.changeTools();
    await heard.first((item) => item === 'a');
    await heard.first((item) => item === 'b');
    await clients[0]!.subscription.close();
    const count = heard.items.filter((item) => item === 'a').length;
    const next = heard.next((item) => item === 'b');
    server.changeTools();
    await next;
    expect(heard.items.filter((item) => item === 'a')).toHaveLength(count);
  });
});
