import type { JsonRpcRequest } from './json-rpc.ts';
import { describe, expect, it } from 'vitest';

import { isListening, SessionReplay } from './session-replay.ts';

function request(method: string, params?: Record<string, unknown>, id: string | number = 1): JsonRpcRequest {
  return { jsonrpc: '2.0', id, method, params };
}

function answered(
  replay: SessionReplay,
  method: string,
  params?: Record<string, unknown>,
  result = {},
): void {
  replay.answered(request(method, params), { jsonrpc: '2.0', id: 1, result });
}

function ids(): () => string {
  let count = 0;
  return () => `id ${count++}`;
}

describe('what a new connection is told of the session', () => {
  it('is nothing where no `initialize` was answered', () => {
    const replay = new SessionReplay();
    answered(replay, 'tools/call');
    expect([replay.isEmpty, replay.opening('x'), replay.rest(ids())]).toEqual([true, undefined, []]);
  });

  it('begins with the same `initialize` under an id of ours', () => {
    const replay = new SessionReplay();
    const params = { protocolVersion: '2025-11-25', clientInfo: { name: 'host' } };
    answered(replay, 'initialize', params, { protocolVersion: '2025-06-18' });
    expect(replay.isEmpty).toBe(false);
    expect(replay.opening('private')).toEqual(request('initialize', params, 'private'));
  });

  it('goes on with initialized, the last log level and each resource subscribed to, under ids of their own', () => {
    const replay = new SessionReplay();
    answered(replay, 'initialize');
    replay.notified({ jsonrpc: '2.0', method: 'notifications/initialized' });
    answered(replay, 'logging/setLevel', { level: 'debug' });
    answered(replay, 'logging/setLevel', { level: 'error' });
    for (const uri of ['a://1', 'a://2', 'a://1']) answered(replay, 'resources/subscribe', { uri });
    expect(replay.rest(ids())).toEqual([
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      request('logging/setLevel', { level: 'error' }, 'id 0'),
      request('resources/subscribe', { uri: 'a://1' }, 'id 1'),
      request('resources/subscribe', { uri: 'a://2' }, 'id 2'),
    ]);
  });

  it('says initialized only where the program has said it', () => {
    const replay = new SessionReplay();
    answered(replay, 'initialize');
    replay.notified({ jsonrpc: '2.0', method: 'notifications/progress' });
    replay.notified({ jsonrpc: '2.0', id: 1, result: {} });
    expect(replay.rest(ids())).toEqual([]);
  });

  it('goes on with 1,000 resources at most', () => {
    const replay = new SessionReplay();
    for (let i = 0; i < 1_002; i++) answered(replay, 'resources/subscribe', { uri: `a://${i}` });
    expect(replay.rest(ids())).toHaveLength(1_000);
  });

  it('leaves out what was unsubscribed from', () => {
    const replay = new SessionReplay();
    answered(replay, 'resources/subscribe', { uri: 'a://1' });
    expect(replay.hasSubscriptions).toBe(true);
    answered(replay, 'resources/unsubscribe', {});
    answered(replay, 'resources/unsubscribe', { uri: 'a://2' });
    expect(replay.hasSubscriptions).toBe(true);
    answered(replay, 'resources/unsubscribe', { uri: 'a://1' });
    answered(replay, 'resources/subscribe', { uri: 7 });
    expect(replay.hasSubscriptions).toBe(false);
  });
});

describe('a server', () => {
  function replay(): SessionReplay {
    const made = new SessionReplay();
    answered(made, 'initialize', {}, { protocolVersion: '2025-11-25' });
    return made;
  }

  it('can go on with a session in the version that it spoke before', () => {
    const result = { protocolVersion: '2025-11-25', serverInfo: { version: '2' } };
    expect(replay().objection({ jsonrpc: '2.0', id: 'x', result })).toBeUndefined();
  });

  it('cannot in another version, and the reason names both', () => {
    const result = { protocolVersion: '2024-11-05' };
    const objection = replay().objection({ jsonrpc: '2.0', id: 'x', result });
    expect(objection).toMatch(/2024-11-05 now and spoke 2025-11-25/);
  });

  it('cannot where it refuses, and the reason has its words', () => {
    const error = { code: -32_600, message: 'no such client' };
    expect(replay().objection({ jsonrpc: '2.0', id: 'x', error })).toMatch(/no such client/);
    expect(replay().objection({ jsonrpc: '2.0', method: 'ping' })).toMatch(/no result/);
  });
});

describe('a request that stays open for news', () => {
  it('is `subscriptions/listen`, and no other', () => {
    expect(isListening(request('subscriptions/listen'))).toBe(true);
    expect(isListening(request('resources/subscribe'))).toBe(false);
    expect(isListening({ jsonrpc: '2.0', method: 'subscriptions/listen' })).toBe(false);
  });
});
