import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { beginSession, callTool, connectCaller, openGateway } from '../helpers/duplex-gateway.ts';
import { legs } from '../helpers/legs.ts';
import { initialize } from '../helpers/raw-http.ts';
import { Recorder } from '../helpers/recorder.ts';
import { sharedWorld } from '../helpers/world.ts';

const world = sharedWorld(legs[0]!);

describe.each(['sse', 'ws'] as const)('a server that speaks %s', (kind) => {
  it('is served over Nostr: calls, log, news, what it asks, and who calls', async () => {
    const setting = await openGateway(kind);
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
    const setting = await openGateway(kind);
    const [one, other] = [await beginSession(setting), await beginSession(setting)];
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
    const setting = await openGateway(kind);
    const { servers, fixture } = setting;
    const end = await beginSession(setting);
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
    const setting = await openGateway(kind);
    const end = await beginSession(setting);
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
    const setting = await openGateway(kind);
    const end = await beginSession(setting);
    setting.servers.cut();
    await setting.log.first((line) => line.includes('the connection was lost'));
    expect(await end.ask({ id: 1, ...callTool('echo', { text: 'x' }) })).toHaveProperty('result');
  });

  it('is not there at the start: that is said, callers are told at once, and served when it is', async () => {
    const setting = await openGateway(kind, ({ servers }) => servers.close());
    expect(await setting.log.first()).toContain('ECONNREFUSED');
    const end = await connectCaller(setting);
    expect(await end.ask({ ...initialize, id: 1, method: 'initialize' })).toMatchObject({
      error: { data: { code: 'server_failed' } },
    });
    await setting.servers.open();
    expect(await end.ask({ ...initialize, id: 2, method: 'initialize' })).toHaveProperty('result');
    await setting.servers.close();
  });

  it('refuses the connection: the caller learns why, and which option helps', async () => {
    const setting = await openGateway(kind, ({ servers }) => {
      servers.refuse = (response) => void response.writeHead(401).end('<h1>internal</h1>');
    });
    onTestFinished(() => setting.servers.close());
    const end = await connectCaller(setting);
    const answer = await end.ask({ ...initialize, id: 1, method: 'initialize' });
    expect(answer).toMatchObject({
      error: { message: expect.stringMatching(/401.*--header/), data: { code: 'server_failed' } },
    });
    expect(JSON.stringify(answer)).not.toContain('internal');
    expect(setting.log.items.join('\n')).not.toContain('secret');
  });

  it('gets another session with another initialize', async () => {
    const setting = await openGateway(kind);
    const end = await beginSession(setting);
    const opened = setting.fixture.opened.count;
    expect(await end.ask({ ...initialize, id: 2, method: 'initialize' })).toHaveProperty('result');
    expect(setting.fixture.opened.count).toBe(opened + 1);
  });

  it('sends what is too large: whoever waits is told', async () => {
    const setting = await openGateway(kind);
    const end = await beginSession(setting);
    const answer = await end.ask({ id: 1, ...callTool('large', { length: 11_000_000 }) });
    expect(JSON.stringify(answer).slice(0, 300)).toContain('"code":"message_too_large"');
    expect(await end.ask({ id: 2, ...callTool('echo', { text: 'x' }) })).toHaveProperty('result');
  });
});
