import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { away, known, Scene, server, tool } from './fake-server.test.support.ts';
import { limits } from './limits.ts';

let scene: Scene;
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

describe('while the server is away', () => {
  beforeEach(async () => {
    scene = new Scene(away, known);
    await scene.transport.start();
    await begin();
    await pass(0);
    await scene.notify('notifications/initialized');
  });

  it('lists, pings and settings are answered', async () => {
    await scene.request(1, 'tools/list');
    await scene.request(2, 'prompts/list');
    await scene.request(3, 'ping');
    await scene.request(4, 'logging/setLevel', { level: 'error' });
    await pass(0);
    expect(scene.answerTo(1)).toMatchObject({ result: { tools: [{ name: 'old' }] } });
    expect(scene.answerTo(2)).toMatchObject({ result: { prompts: [] } });
    expect(scene.answerTo(3)).toMatchObject({ result: {} });
    expect(scene.answerTo(4)).toMatchObject({ result: {} });
  });

  it('and our signer has refused, nobody is asked again until the host wants something', async () => {
    const data = { code: 'signer_failed', words: 'no' };
    scene.behaviour = () => ({ code: -31_008, message: 'the remote signer refused', data });
    await pass(limits.maxRetryMs);
    const asked = scene.sent.length;
    scene.relays.update({ url: 'wss://one', status: 'ready' });
    await pass(10 * limits.maxRetryMs);
    expect(scene.sent.length).toBe(asked);
    expect(scene.log.at(-1)).toBe('no answer: the remote signer refused');
    await scene.request(1, 'tools/call', { name: 'old' });
    await pass(limits.downPatienceMs);
    expect(scene.sent.length).toBeGreaterThan(asked);
    expect(text(1)).toContain('the remote signer refused');
  });

  it('a call waits a moment and then says what is wrong; it was not sent', async () => {
    await scene.request(1, 'tools/call', { name: 'old' });
    await pass(limits.downPatienceMs - 1);
    expect(scene.answerTo(1)).toBeUndefined();
    await pass(1);
    expect(scene.answerTo(1)).toMatchObject({
      result: { isError: true, _meta: { 'mcp-nostr/failure': { code: 'server_silent' } } },
    });
    for (const words of [
      'known (npub1',
      '2.0 h',
      'Nothing was executed',
      'mcp-nostr doctor nprofile1example',
    ])
      expect(text(1)).toContain(words === '2.0 h' ? '120 min' : words);
    expect(scene.methods).not.toContain('tools/call');
  });

  it('each call waits for a time of its own', async () => {
    await scene.request(1, 'tools/call', { name: 'old' });
    await pass(1_000);
    await scene.request(2, 'tools/call', { name: 'old' });
    await pass(limits.downPatienceMs - 1_000);
    expect(text(1)).toContain('isError');
    expect(scene.answerTo(2)).toBeUndefined();
  });

  it('a call of MCP 2026-07-28 has a result that is complete, any other request an error', async () => {
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    await scene.request(1, 'tools/call', { name: 'old', _meta: meta });
    await scene.request(2, 'resources/read', { uri: 'a:b' });
    await pass(limits.downPatienceMs);
    expect(scene.answerTo(1)).toMatchObject({ result: { resultType: 'complete', isError: true } });
    expect(scene.answerTo(2)).toMatchObject({ error: { code: -31_001, data: { code: 'server_silent' } } });
  });

  it('a call that is cancelled is not answered, nor sent afterwards', async () => {
    await scene.request(1, 'tools/call', { name: 'old' });
    await scene.notify('notifications/cancelled', { requestId: 1 });
    scene.behaviour = server('new');
    await pass(60_000);
    expect(scene.answerTo(1)).toBeUndefined();
    expect(scene.methods).not.toContain('tools/call');
  });

  it('a call wakes it, and is made when it comes', async () => {
    await pass(limits.maxRetryMs * 4);
    scene.behaviour = server('new');
    await scene.request(1, 'tools/call', { name: 'new' });
    await pass(0);
    expect(text(1)).toContain('live');
  });

  it('relays that come back wake it', async () => {
    await scene.request(1, 'tools/list');
    await pass(limits.maxRetryMs * 4);
    scene.behaviour = server('new');
    scene.relays.update({ url: 'wss://one', status: 'ready' });
    await pass(0);
    expect(scene.host.at(-1)).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  it('the session is what it was when the server comes: initialized and settings are said', async () => {
    await scene.request(1, 'logging/setLevel', { level: 'error' });
    scene.behaviour = server('new');
    await pass(limits.maxRetryMs);
    expect(scene.methods.filter((method) => method !== 'initialize')).toEqual([
      'notifications/initialized',
      'logging/setLevel',
      'tools/list',
    ]);
    expect(scene.host.filter((message) => 'method' in message)).toEqual([]);
    // It had not asked for the list yet: there is nothing to correct.
    await scene.request(2, 'tools/list');
    expect(text(2)).toContain('new');
    expect(scene.written?.lists['tools/list']).toEqual([tool('new')]);
  });

  it('nothing grows and nothing spins in ten hours', async () => {
    const before = vi.getTimerCount();
    await pass(10 * 3_600_000);
    const attempts = scene.sent.length;
    expect(attempts).toBeLessThan((10 * 3_600_000) / (limits.maxRetryMs / 2) + 10);
    expect(attempts).toBeGreaterThan((10 * 3_600_000) / limits.maxRetryMs - 1);
    expect(vi.getTimerCount()).toBe(before);
    expect(scene.transports).toHaveLength(1);
    expect(scene.log.length).toBeLessThan(5);
  });

  it('no more requests wait than may', async () => {
    for (let id = 1; id <= limits.maxHeld + 1; id++) await scene.request(id, 'tools/call', { name: 'old' });
    expect(scene.answerTo(limits.maxHeld)).toBeUndefined();
    expect(text(limits.maxHeld + 1)).toContain('busy');
  });
});
