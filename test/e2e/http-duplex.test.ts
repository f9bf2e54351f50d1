import { failureResponse } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { Way } from '../../packages/cli/src/http-listener/ways.ts';
import { duplexTransports, RawSse, RawWebSocket } from '../helpers/duplex-ends.ts';
import { listen, listenWith } from '../helpers/http-world.ts';
import { legs } from '../helpers/legs.ts';
import { initialize, type Message, post } from '../helpers/raw-http.ts';
import { Recorder } from '../helpers/recorder.ts';
import { ScriptedTransport } from '../helpers/scripted-transport.ts';
import { sharedWorld } from '../helpers/world.ts';

const [leg] = legs;
const world = sharedWorld(leg!);
const call = (name: string, given: object): Message => ({
  method: 'tools/call',
  params: { name, arguments: given },
});
const ping: Message = { id: 1, method: 'ping' };

describe.each(duplexTransports)('over --%s, for %s', (way, _name, transportTo) => {
  async function connect(url: string, prepare: (client: Client) => void = () => {}): Promise<Client> {
    const capabilities = { elicitation: { form: {} }, sampling: {} };
    const client = new Client({ name: 'duplex', version: '1' }, { capabilities });
    prepare(client);
    await client.connect(transportTo(new URL(url)));
    onTestFinished(() => client.close());
    return client;
  }

  it('calls, progress, log, news, and what the server asks, cross as they are', async () => {
    const end = await listen(world, { ways: [way] });
    const news = new Recorder<string>('news');
    const client = await connect(end.listener.url, (each) => {
      each.setNotificationHandler(ToolListChangedNotificationSchema, () => news.add('tools'));
      each.setNotificationHandler(LoggingMessageNotificationSchema, () => news.add('log'));
      each.setRequestHandler(CreateMessageRequestSchema, () => ({
        model: 'm',
        role: 'assistant',
        content: { type: 'text', text: 'because' },
      }));
      each.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
    });
    expect(client.getServerVersion()?.name).toBe('fixture');
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
    const why = { name: 'ask-model', arguments: { prompt: 'why' } };
    expect(await client.callTool(why, undefined, { onprogress })).toMatchObject({
      content: [{ text: expect.stringContaining('because') }],
    });
    // The SDK forgets progress that comes in one breath with the answer, as the second may.
    expect(seen[0]).toBe(1);
    await client.callTool({ name: 'log', arguments: { text: 'said' } });
    await news.first((item) => item === 'log');
    world.fixture.newest.server.sendToolListChanged();
    await news.first((item) => item === 'tools');
    expect(await client.callTool({ name: 'ask-user', arguments: { question: 'Who?' } })).toMatchObject({
      content: [{ text: expect.stringContaining('Ada') }],
    });
  });

  it('a client that goes in the middle of a call ends it at the server', async () => {
    const end = await listen(world, { ways: [way] });
    const client = await connect(end.listener.url);
    const name = `gone ${_name}`;
    const gone = client.callTool({ name: 'wait', arguments: { name } });
    gone.catch(() => {});
    await world.fixture.started.first((item) => item === name);
    await client.close();
    await world.fixture.aborted.first((item) => item === name);
    await expect(gone).rejects.toThrow();
  });
});

describe('twenty clients at once, all with the same ids', () => {
  it.each(['sse', 'ws'] as const)('each gets its own answers: --%s', async (way) => {
    // A connection for each; relays and links have tests of their own.
    const echoing = (): ScriptedTransport =>
      new ScriptedTransport(({ id, params = {} }, self) => {
        self.onmessage?.({ jsonrpc: '2.0', method: 'notifications/message', params });
        self.onmessage?.({ jsonrpc: '2.0', id, result: params });
      });
    const transports = Array.from({ length: 20 }, echoing);
    const { url } = await listenWith(transports, {}, [way]);
    const texts = transports.map((_, index) => `client ${index}`);
    const answers = texts.map(async (text) => {
      const client = way === 'ws' ? new RawWebSocket(url) : await RawSse.open(url);
      const request = { ...ping, params: { text } };
      if (client instanceof RawSse) await client.post(request);
      else await client.status.then(() => client.send(request));
      return client.answer(1);
    });
    expect(await Promise.all(answers)).toMatchObject(texts.map((text) => ({ result: { text } })));
  });
});

describe('one port for all ways', () => {
  it('serves each at its path', async () => {
    const end = await listen(world, { ways: ['http', 'sse', 'ws'] });
    const [http = '', sse = '', ws = ''] = end.listener.urls;
    expect(new Set([http, sse, ws].map((url) => new URL(url).port)).size).toBe(1);
    expect((await post(http, initialize)).status).toBe(200);
    const stream = await RawSse.open(sse);
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    });
    const socket = new RawWebSocket(ws);
    await socket.status;
    expect(socket.socket.protocol).toBe('mcp');
    expect(await (await stream.post(initialize)).text()).toBe('Accepted');
    socket.send(initialize);
    const fixture = { result: { serverInfo: { name: 'fixture' } } };
    expect(await Promise.all([stream.answer(0), socket.answer(0)])).toMatchObject([fixture, fixture]);
    socket.send({ method: 'notifications/initialized' });
    const progress = call('progress', { steps: 3 });
    socket.send({ id: 1, ...progress, params: { ...progress.params, _meta: { progressToken: 't' } } });
    await socket.answer(1);
    const heard = socket.messages.items.slice(1).map(({ params, id }) => params?.['progress'] ?? id);
    expect(heard).toEqual([1, 2, 3, 1]);
  });

  it('has one bound on connections to the server, and a place is free again when a client leaves', async () => {
    const working = (): ScriptedTransport =>
      new ScriptedTransport(({ id }, self) => self.onmessage?.({ jsonrpc: '2.0', id, result: {} }));
    const { urls } = await listenWith([working()], { maxSessions: 2 }, ['http', 'sse', 'ws']);
    const [http = '', sse = '', ws = ''] = urls;
    const stream = await RawSse.open(sse);
    const socket = new RawWebSocket(ws);
    expect(await socket.status).toBe(101);
    expect((await post(http, initialize)).status).toBe(503);
    await expect(RawSse.open(sse)).rejects.toThrow('503 {');
    expect(await new RawWebSocket(ws).status).toBe(503);
    const left = await stream.endpoint();
    stream.leave();
    const patience = { timeout: 10_000 };
    const connect = (): Promise<number> => new RawWebSocket(ws).status;
    await expect.poll(connect, patience).toBe(101);
    expect((await post(left, initialize)).status).toBe(404);
    expect(await connect()).toBe(503);
    socket.socket.close();
    await expect.poll(connect, patience).toBe(101);
  });
});

describe('every request is answered', () => {
  const open = async (
    way: Way,
    transports: ScriptedTransport[],
    limits: { maxOpenRequests?: number } = {},
  ): Promise<{
    client: RawSse | RawWebSocket;
    close: () => Promise<void>;
    send: (m: Message) => unknown;
  }> => {
    const listener = await listenWith(transports, limits, [way]);
    const client = way === 'ws' ? new RawWebSocket(listener.url) : await RawSse.open(listener.url);
    if (client instanceof RawWebSocket) await client.status;
    const send = (message: Message): unknown =>
      client instanceof RawSse ? client.post(message) : client.send(message);
    return { client, send, close: () => listener.close() };
  };

  it.each(['sse', 'ws'] as const)('when the way to the server fails: --%s', async (way) => {
    const failing = new ScriptedTransport(({ id }, self) =>
      self.onmessage?.(failureResponse(id, 'server_silent', 'nobody there')),
    );
    const { client, send } = await open(way, [failing]);
    await send(ping);
    expect(await client.answer(1)).toMatchObject({ error: { data: { code: 'server_silent' } } });
  });

  it.each(['sse', 'ws'] as const)('when too many wait, and when mcp-nostr stops: --%s', async (way) => {
    const { client, send, close } = await open(way, [new ScriptedTransport(() => {})], {
      maxOpenRequests: 3,
    });
    // One is the open stream of the SSE client.
    await send({ id: 1, method: 'ping' });
    await send({ id: 2, method: 'ping' });
    await send({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await send({ id: 3, method: 'ping' });
    await send({ id: 4, method: 'ping' });
    await send({ id: 5, method: 'ping' });
    expect(await client.answer(5)).toMatchObject({ error: { data: { code: 'busy' } } });
    await close();
    for (const id of [2, 3, 4])
      expect(await client.answer(id)).toMatchObject({ error: { message: 'mcp-nostr was stopped' } });
    if (client instanceof RawWebSocket) expect(await client.closes.first()).toBe(1001);
    else await client.ended;
  });
});
