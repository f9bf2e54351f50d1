import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Catalogue } from './catalogue.ts';
import { away, type Behaviour, known, Scene, server, silent, tool } from './fake-server.test.support.ts';
import { limits } from './limits.ts';

let scene: Scene;
async function play(behaviour: Behaviour, catalogue?: Catalogue): Promise<void> {
  scene = new Scene(behaviour, catalogue);
  await scene.transport.start();
}
const begin = (protocolVersion = '2025-06-18'): Promise<void> =>
  scene.request(0, 'initialize', {
    protocolVersion,
    capabilities: {},
    clientInfo: { name: 'host', version: '1' },
  });
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const text = (id: number): string => JSON.stringify(scene.answerTo(id));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  await scene.transport.close();
  if (vi.getTimerCount() > 0) throw new Error('a timer is left');
  vi.useRealTimers();
});

describe('initialize', () => {
  it('is answered by the server where it is soon enough, with the changes that we tell of', async () => {
    await play(server('new'), known);
    await begin();
    await pass(0);
    expect(scene.answerTo(0)).toMatchObject({
      result: { serverInfo: { name: 'fake' }, capabilities: { tools: { listChanged: true }, logging: {} } },
    });
  });

  it('is answered from the catalogue while the server is silent, within a tenth of a second', async () => {
    await play(silent, known);
    await begin();
    await pass(limits.liveAnswerMs - 1);
    expect(scene.host).toEqual([]);
    await pass(1);
    expect(scene.answerTo(0)).toMatchObject({ result: { serverInfo: { name: 'known' } } });
  });

  it.each([
    ['what the server chose, when it was asked for the same', '2025-06-18', '2025-06-18'],
    ['what the host asks for, if that is a version', '2025-03-26', '2025-03-26'],
    ['what the server chose, if it is none', '1999-01-01', '2025-06-18'],
  ])('has the version: %s', async (_, asked, expected) => {
    await play(silent, known);
    await begin(asked);
    await pass(limits.liveAnswerMs);
    expect(scene.answerTo(0)).toMatchObject({ result: { protocolVersion: expected } });
  });

  it('of an unknown server waits two seconds, and not when it is known to be away', async () => {
    await play(silent);
    await begin();
    await pass(limits.firstAnswerMs - 1);
    expect(scene.host).toEqual([]);
    await pass(1);
    const listChanged = { listChanged: true };
    const capabilities = { tools: listChanged, resources: listChanged, prompts: listChanged };
    expect(scene.answerTo(0)).toMatchObject({ result: { capabilities, protocolVersion: '2025-06-18' } });
    expect(text(0)).toContain('mcp-nostr doctor nprofile1example');
    await scene.transport.close();

    await play(silent);
    await begin();
    scene.relays.update({ url: 'wss://one', status: 'waiting', reason: 'refused' });
    expect(text(0)).toContain('wss://one: refused');
    await scene.transport.close();

    await play(away);
    await begin();
    await pass(0);
    expect(text(0)).toContain('the server does not answer');
  });

  it('is refused where the server refuses it', async () => {
    await play(() => ({ code: -32_602, message: 'not you' }));
    await begin();
    await pass(0);
    expect(scene.answerTo(0)).toMatchObject({ error: { code: -32_602, message: 'not you' } });
    // The server may think better of it.
    scene.behaviour = server('new');
    await scene.notify('notifications/initialized');
    await scene.request(1, 'tools/call', { name: 'new' });
    await pass(0);
    expect(text(1)).toContain('live');
  });
});

describe('a server that answers', () => {
  beforeEach(async () => {
    await play(server('one'), known);
    await begin();
    await pass(0);
    await scene.notify('notifications/initialized');
  });

  it('is asked for its lists once by ourselves, where its host does not', async () => {
    await scene.request(1, 'tools/list');
    await pass(60_000);
    expect(scene.methods.filter((method) => method === 'tools/list')).toHaveLength(1);
    expect(scene.written).toMatchObject({ lists: { 'tools/list': [tool('one')], 'prompts/list': [] } });
  });

  it('and goes is taken for away by what fails; the host has its list nevertheless', async () => {
    await scene.request(1, 'tools/list');
    scene.behaviour = away;
    await scene.request(2, 'tools/list');
    await scene.request(3, 'ping');
    await pass(0);
    expect(text(2)).toContain('"one"');
    expect(scene.answerTo(3)).toMatchObject({ result: {} });
    scene.behaviour = server('two');
    await pass(limits.minRetryMs * 4);
    expect(scene.host.at(-1)).toMatchObject({ method: 'notifications/tools/list_changed' });
    await pass(60_000);
    const told = scene.host.filter((message) => 'method' in message);
    expect(told).toHaveLength(1);
  });

  it('and says that a list changed while it is asked for it is asked again', async () => {
    const answers: (() => void)[] = [];
    let tools = 'two';
    scene.behaviour = (request) => {
      if (request.method !== 'tools/list') return server('one')(request);
      const list = { jsonrpc: '2.0' as const, id: request.id, result: { tools: [tool(tools)] } };
      answers.push(() => scene.transports[0]?.onmessage?.(list));
      return undefined;
    };
    const changed = { jsonrpc: '2.0' as const, method: 'notifications/tools/list_changed' };
    scene.transports[0]?.onmessage?.(changed);
    await pass(limits.refreshDelayMs);
    expect(answers).toHaveLength(1);
    tools = 'three';
    scene.transports[0]?.onmessage?.(changed);
    await pass(limits.refreshDelayMs);
    for (const answer of answers) answer();
    await pass(0);
    for (const answer of answers.slice(1)) answer();
    await pass(limits.saveDelayMs);
    expect(scene.written?.lists['tools/list']).toEqual([tool('three')]);
  });

  it('and says that a list changed while no relay is reached is asked when one is', async () => {
    await pass(limits.refreshDelayMs);
    scene.behaviour = server('two');
    scene.transports[0]?.onmessage?.({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    scene.relays.update({ url: 'wss://one', status: 'waiting', reason: 'refused' });
    await pass(limits.refreshDelayMs);
    expect(scene.methods.filter((method) => method === 'tools/list')).toHaveLength(1);
    scene.relays.update({ url: 'wss://one', status: 'ready' });
    await pass(limits.saveDelayMs);
    expect(scene.written?.lists['tools/list']).toEqual([tool('two')]);
  });

  it('and does not answer a ping is not over for its host', async () => {
    scene.behaviour = away;
    await scene.request(1, 'ping');
    await pass(0);
    expect(scene.answerTo(1)).toMatchObject({ result: {} });
  });

  it('and goes again and again with the same new tools is told of once', async () => {
    await scene.request(1, 'tools/list');
    for (let round = 0; round < 3; round++) {
      scene.behaviour = away;
      await scene.request(`round ${round}`, 'ping');
      await pass(0);
      scene.behaviour = server('two');
      await pass(limits.minRetryMs * 2);
    }
    expect(scene.host.filter((message) => 'method' in message)).toHaveLength(1);
  });

  it.each(['busy', 'message_too_large', 'server_failed', 'outcome_unknown'] as const)(
    'fails one call with %s: the next is made',
    async (code) => {
      scene.behaviour = () => code;
      await scene.request(1, 'tools/call', { name: 'one' });
      await pass(0);
      expect(scene.answerTo(1)).toMatchObject({ result: { _meta: { 'mcp-nostr/failure': { code } } } });
      scene.behaviour = server('one');
      await scene.request(2, 'tools/call', { name: 'one' });
      await pass(0);
      expect(text(2)).toContain('live');
    },
  );

  it('and ends the connection has a new one, with the same session', async () => {
    scene.behaviour = silent;
    await scene.request(1, 'tools/call', { name: 'one' });
    await pass(0);
    scene.behaviour = server('one');
    scene.transports[0]?.onclose?.();
    expect(text(1)).toContain('may have been executed');
    await scene.request(2, 'tools/call', { name: 'one' });
    await pass(0);
    expect(text(2)).toContain('live');
    expect(scene.transports).toHaveLength(2);
    expect(scene.methods.filter((method) => method === 'initialize')).toHaveLength(2);
    expect(scene.methods.filter((method) => method === 'notifications/initialized')).toHaveLength(2);
  });

  it('and was not heard for a while is asked for a sign of life before a call', async () => {
    await pass(limits.doubtAfterMs + 60_000);
    const before = scene.sent.length;
    await scene.request(1, 'tools/call', { name: 'one' });
    await pass(0);
    expect(scene.methods.slice(before)).toEqual(['ping', 'tools/call']);
    await scene.request(2, 'tools/call', { name: 'one' });
    expect(scene.methods.slice(before)).toEqual(['ping', 'tools/call', 'tools/call']);
  });

  it('and gives no sign of life, although nothing says that it is away, gets the call after a while', async () => {
    await pass(limits.doubtAfterMs + 60_000);
    scene.behaviour = (request) => (request.method === 'ping' ? undefined : server('one')(request));
    await scene.request(1, 'tools/call', { name: 'one' });
    await pass(limits.slowPatienceMs - 1);
    expect(scene.answerTo(1)).toBeUndefined();
    await pass(1);
    expect(text(1)).toContain('live');
  });

  it('has a call wait for a relay that was lost just now longer than for one that is down', async () => {
    scene.relays.update({ url: 'wss://one', status: 'ready' });
    scene.relays.update({ url: 'wss://one', status: 'waiting', reason: 'connection lost' });
    await pass(1_000);
    await scene.request(1, 'tools/call', { name: 'one' });
    await pass(limits.slowPatienceMs - 1_001);
    expect(scene.answerTo(1)).toBeUndefined();
    scene.relays.update({ url: 'wss://one', status: 'ready' });
    await pass(0);
    expect(text(1)).toContain('live');
  });

  it('and ends each subscription at once is asked for it ever more seldom', async () => {
    scene.behaviour = (request) => (request.method === 'subscriptions/listen' ? {} : server('one')(request));
    await scene.request(1, 'subscriptions/listen', { notifications: {} });
    await pass(600_000);
    const listens = scene.methods.filter((method) => method === 'subscriptions/listen').length;
    expect(listens).toBeGreaterThan(600_000 / limits.maxRetryMs);
    expect(listens).toBeLessThan(50);
  });

  it('and has a list without end passes it on and is asked for no more of it than is kept', async () => {
    const page = { tools: [{ ...tool('long'), description: 'x'.repeat(2 ** 20) }], nextCursor: 'more' };
    let pages = 0;
    scene.behaviour = (request) => {
      if (request.method !== 'tools/list') return server('one')(request);
      return { ...page, nextCursor: `more ${++pages}` };
    };
    await pass(limits.refreshDelayMs + limits.saveDelayMs);
    expect(pages).toBe(4);
    expect(scene.written?.lists).toMatchObject({ 'tools/list': [tool('old')], 'prompts/list': [] });
    let params = {};
    for (let id = 1; id <= 6; id++) {
      if (id === 6) scene.behaviour = server('last');
      await scene.request(id, 'tools/list', params);
      expect(text(id)).toContain(id === 6 ? '"last"' : '"long"');
      params = { cursor: `more ${pages}` };
    }
    await pass(limits.saveDelayMs);
    expect(scene.written?.lists).toMatchObject({ 'tools/list': [tool('old')] });
  });
});
