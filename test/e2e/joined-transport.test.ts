import { failureResponse, parseJsonRpc } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { hello, JoinedHost, lister, type Script, scripted, sentTo } from '../helpers/joined-host.ts';
import { ScriptedTransport } from '../helpers/scripted-transport.ts';

describe('initialize', () => {
  it('is answered for all servers together', async () => {
    const a = scripted(({ method }) =>
      method === 'initialize'
        ? {
            protocolVersion: '2025-06-18',
            capabilities: { tools: {}, tasks: {} },
            serverInfo: { name: 'a-server', title: 'The A', version: '1' },
            instructions: 'Use A.',
          }
        : undefined,
    );
    const b = scripted(() => undefined);
    const host = new JoinedHost({ a, b });
    const result = await host.open();
    expect(result).toEqual({
      protocolVersion: '2025-06-18',
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true },
        logging: {},
        completions: {},
      },
      serverInfo: { name: 'mcp-nostr', title: 'a, b', version: expect.any(String) },
      instructions: expect.stringMatching(/underscore[^]*## a: The A\n\nUse A\.[^]*## b: scripted/),
    });
    expect(sentTo(a, 'initialize')).toMatchObject([{ params: { clientInfo: { name: 'h' } } }]);
    await a.sent.first((message) => 'method' in message && message.method === 'notifications/initialized');
    expect(sentTo(b, 'notifications/initialized')).toHaveLength(1);
  });

  it('does not wait for a server that is late, and tells the host when it is there', async () => {
    let release: () => void = () => {};
    const late = scripted(
      lister({ 'tools/list': { tools: [{ name: 'x' }] } }),
      () => new Promise((resolve) => (release = resolve)),
    );
    const host = new JoinedHost({
      late,
      there: scripted(
        lister({
          initialize: { ...hello, capabilities: { tools: {} } },
          'tools/list': { tools: [{ name: 'y' }] },
        }),
      ),
    });
    // It may have anything.
    expect(await host.open()).toMatchObject({
      capabilities: { prompts: { listChanged: true }, resources: { subscribe: true } },
      instructions: expect.stringContaining('## late\n\nIt was not reached'),
    });
    expect(await host.ask('tools/list')).toEqual({ tools: [{ name: 'there_y' }] });
    release();
    await host.notified('notifications/tools/list_changed');
    expect(await host.ask('tools/list')).toEqual({ tools: [{ name: 'late_x' }, { name: 'there_y' }] });
    expect(sentTo(late, 'notifications/initialized')).toHaveLength(1);
  });

  it('fails only if every server has failed', async () => {
    const refusing = (): ScriptedTransport =>
      scripted(({ id }, self) => {
        self.onmessage?.(failureResponse(id, 'not_allowed', 'not you'));
        return undefined;
      });
    const host = new JoinedHost({ a: refusing(), b: scripted(() => undefined) });
    expect(String((await host.open())['instructions'])).toContain('## a\n\nIt was not reached: not you.');
    const alone = new JoinedHost({ a: refusing(), b: refusing() });
    expect(await alone.ask('initialize')).toMatchObject({ code: -31_005, message: 'not you' });
    const unreachable = scripted(
      () => undefined,
      () => Promise.reject(new Error('no relay')),
    );
    expect(await new JoinedHost({ unreachable }).ask('initialize')).toMatchObject({
      data: { code: 'relays_unreachable' },
      message: 'no relay',
    });
  });

  it('is what clients of a newer era are led to', async () => {
    const host = new JoinedHost({ a: scripted(() => undefined) });
    const meta = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };
    expect(await host.ask('server/discover', meta)).toMatchObject({ code: -32_601 });
    expect(await host.ask('tools/list', meta)).toMatchObject({
      code: -32_022,
      data: { supported: expect.arrayContaining(['2025-11-25']), requested: '2026-07-28' },
    });
    expect(await host.ask('tools/list')).toMatchObject({ message: 'a: the host has not sent initialize' });
    expect(await host.ask('ping')).toEqual({});
    expect(await host.ask('tasks/list')).toMatchObject({ code: -32_601 });
  });
});

describe('lists', () => {
  it('have all pages of all servers, less what one of them does not answer well', async () => {
    const pages: Script = ({ method, params }) => {
      if (method !== 'tools/list') return undefined;
      const { cursor = '0' } = params ?? {};
      return {
        tools: [{ name: `t${String(cursor)}`, title: 'T' }, 'junk'],
        nextCursor: `${Number(cursor) + 1}`,
      };
    };
    const host = new JoinedHost({
      a: scripted((request, self) => {
        const result = pages(request, self);
        return result !== undefined && request.params?.['cursor'] === '2' ? { tools: [] } : result;
      }),
      // It names pages without end.
      endless: scripted(pages),
      // These are few, and large.
      heavy: scripted((request, self) => {
        const result = pages(request, self);
        return result && { ...result, _meta: { filling: 'x'.repeat(2 ** 20) } };
      }),
      bad: scripted(({ method }) =>
        method === 'tools/list' ? { code: -32_603, message: 'bad day' } : undefined,
      ),
    });
    await host.open();
    const tools = (await host.ask('tools/list'))['tools'] as { name: string }[];
    expect(tools.slice(0, 3)).toEqual([
      { name: 'a_t0', title: 'T' },
      { name: 'a_t1', title: 'T' },
      { name: 'endless_t0', title: 'T' },
    ]);
    expect(tools.filter(({ name }) => name.startsWith('endless_'))).toHaveLength(100);
    expect(tools.filter(({ name }) => name.startsWith('heavy_'))).toHaveLength(7);
  });

  it('are errors only if every server gives one, and empty where no server has any', async () => {
    const bad = scripted(({ method }) =>
      method === 'tools/list' ? { code: -32_603, message: 'bad day' } : undefined,
    );
    const host = new JoinedHost({ bad });
    await host.open();
    expect(await host.ask('tools/list')).toMatchObject({ code: -32_603 });
    const none = new JoinedHost({ none: scripted(() => ({ ...hello, capabilities: {} })) });
    await none.open();
    expect(await none.ask('prompts/list')).toEqual({ prompts: [] });
    // One that stood in for itself before it was reached may have some after all.
    const more = scripted(({ method }) =>
      method === 'prompts/list' ? { prompts: [{ name: 'x' }] } : { ...hello, capabilities: {} },
    );
    const later = new JoinedHost({ more });
    await later.open();
    expect(await later.ask('prompts/list')).toEqual({ prompts: [] });
    more.onmessage?.({ jsonrpc: '2.0', method: 'notifications/prompts/list_changed' });
    expect(await later.ask('prompts/list', {}, 'again')).toEqual({ prompts: [{ name: 'more_x' }] });
  });

  it('have what a server had last while it does not answer, and change when it does', async () => {
    const answers: ((result: object) => void)[] = [];
    const slow = new ScriptedTransport(({ id, method }, self) => {
      const answer = (result: object): void => self.onmessage?.(parseJsonRpc({ jsonrpc: '2.0', id, result }));
      if (method === 'initialize') answer(hello);
      if (method === 'tools/list') answers.push(answer);
    });
    const host = new JoinedHost({ slow, other: scripted(() => undefined) });
    await host.open();
    expect(await host.ask('tools/list')).toEqual({ tools: [] });
    answers[0]?.({ tools: [{ name: 'x' }] });
    await host.notified('notifications/tools/list_changed');
    expect(await host.ask('tools/list')).toEqual({ tools: [{ name: 'slow_x' }] });
    host.send({ id: 'left', method: 'tools/list' });
    host.send({ method: 'notifications/cancelled', params: { requestId: 'left' } });
    // The same again is no news.
    answers[1]?.({ tools: [{ name: 'x' }] });
    expect(await host.ask('tools/list', {}, 'again')).toEqual({ tools: [{ name: 'slow_x' }] });
    expect(host.received.items.filter((message) => 'id' in message && message.id === 'left')).toEqual([]);
    const changes = host.received.items.filter((message) => 'method' in message);
    expect(changes).toHaveLength(1);
  });

  it('are asked for anew when a server says that they have changed, whatever is under way', async () => {
    const answers: ((result: object) => void)[] = [];
    const server = new ScriptedTransport(({ id, method }, self) => {
      const answer = (result: object): void => self.onmessage?.(parseJsonRpc({ jsonrpc: '2.0', id, result }));
      if (method === 'initialize') answer(hello);
      if (method === 'tools/list') answers.push(answer);
    });
    const host = new JoinedHost({ server }, 5_000);
    await host.open();
    const first = host.ask('tools/list', {}, 'first');
    await expect.poll(() => answers.length).toBe(1);
    server.onmessage?.({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    const second = host.ask('tools/list', {}, 'second');
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.({ tools: [{ name: 'new' }] });
    expect(await second).toEqual({ tools: [{ name: 'server_new' }] });
    answers[0]?.({ tools: [{ name: 'old' }] });
    expect(await first).toEqual({ tools: [{ name: 'server_new' }] });
  });

  it('show resources and templates by URIs of their server', async () => {
    const lists = {
      'resources/list': { resources: [{ uri: 'file:///a', name: 'a' }] },
      'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'file:///{x}', name: 'x' }] },
    };
    const host = new JoinedHost({ a: scripted(lister(lists)), b: scripted(lister(lists)) });
    await host.open();
    expect(await host.ask('resources/list')).toEqual({
      resources: [
        { uri: 'a+file:///a', name: 'a' },
        { uri: 'b+file:///a', name: 'a' },
      ],
    });
    expect(await host.ask('resources/templates/list')).toMatchObject({
      resourceTemplates: [{ uriTemplate: 'a+file:///{x}' }, { uriTemplate: 'b+file:///{x}' }],
    });
  });
});

describe('a server that closes the connection', () => {
  it('answers what was under way, and is there again for the next request, as the host left it', async () => {
    const first = scripted(({ method }) =>
      method === 'logging/setLevel' || method === 'resources/subscribe' ? {} : undefined,
    );
    const second = scripted(({ method }) => (method === 'tools/call' ? { content: [] } : undefined));
    const other = scripted(() => undefined);
    const host = new JoinedHost({ a: [first, second], other });
    await host.open();
    host.send({ id: 'level', method: 'logging/setLevel', params: { level: 'debug' } });
    await host.ask('resources/subscribe', { uri: 'a+file:///a' });
    const pending = host.ask('tools/call', { name: 'a_slow' }, 'slow');
    await first.sent.first((message) => 'method' in message && message.method === 'tools/call');
    await first.close();
    expect(await pending).toMatchObject({ data: { code: 'outcome_unknown' } });
    expect(await host.ask('tools/call', { name: 'a_x' })).toEqual({ content: [] });
    const sent = second.sent.items.map((message) => 'method' in message && [message.method, message.params]);
    expect(sent.slice(0, 3)).toMatchObject([
      ['initialize', { clientInfo: { name: 'h' } }],
      ['notifications/initialized', undefined],
      ['logging/setLevel', { level: 'debug' }],
    ]);
    expect(sent.slice(3)).toMatchObject([
      ['resources/subscribe', { uri: 'file:///a' }],
      ['tools/call', { name: 'x' }],
    ]);
    await host.notified('notifications/tools/list_changed');
    expect(sentTo(other, 'initialize')).toHaveLength(1);
  });

  it('is not kept when it comes back as another', async () => {
    const versions = ['2025-11-25', '2025-03-26'];
    const again = versions.map((protocolVersion) => scripted(() => ({ ...hello, protocolVersion })));
    const host = new JoinedHost({ a: [...again] });
    await host.open();
    await again[0]?.close();
    expect(await host.ask('tools/call', { name: 'a_x' })).toMatchObject({
      message: expect.stringContaining('speaks 2025-03-26 now'),
    });
    expect(again[1]?.isClosed).toBe(true);
  });
});

it('closes all that it has opened, once, and says nothing after it', async () => {
  const a = scripted(() => undefined);
  const stuck = scripted(
    () => undefined,
    () => new Promise(() => {}),
  );
  const host = new JoinedHost({ a, stuck });
  await host.open();
  host.send({ id: 1, method: 'tools/call', params: { name: 'a_x' } });
  let closes = 0;
  host.transport.onclose = () => closes++;
  const before = host.received.count;
  await Promise.all([host.transport.close(), host.transport.close()]);
  expect([a.isClosed, stuck.isClosed, closes]).toEqual([true, true, 1]);
  host.send({ id: 2, method: 'ping' });
  a.onmessage?.({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  expect(host.received.count).toBe(before);
});
