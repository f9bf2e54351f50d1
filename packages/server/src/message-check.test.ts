import type { JsonRpcMessage } from '@mcp-nostr/core';
import { allowOnly } from '@mcp-nostr/core/filter';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { limits } from './limits.ts';
import { type Authorize, MessageCheck } from './message-check.ts';
import type { Permission } from './policy.ts';

const caller = { pubkey: 'c'.repeat(64), npub: 'npub1', connectionId: '0'.repeat(32) };

function check(permission: Partial<Permission> = {}, authorize?: Authorize) {
  const onerror = vi.fn<(error: unknown) => void>();
  const made = new MessageCheck({
    caller,
    permission: { isKnown: true, ...permission },
    authorize,
    onerror,
  });
  return { check: made, onerror };
}

const call = (name: string): JsonRpcMessage => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name },
});
const denied = { code: 'not_allowed', answer: { id: 1, error: { code: -31_005 } } };

afterEach(() => void vi.useRealTimers());

describe('MessageCheck', () => {
  it('passes the very message on where nothing is said', () => {
    const message = call('a');
    expect(check().check.toServer(message)).toBe(message);
    expect(check().check.toClient(message)).toBe(message);
  });

  it('takes what all rules admit: those of a key and those of its session', () => {
    const names = [{ tool: allowOnly(['get_*']) }, { tool: allowOnly(['*_a']) }];
    const { check: narrow } = check({ names });
    expect(['get_a', 'get_b', 'put_a'].map((name) => 'code' in narrow.toServer(call(name)))).toEqual([
      false,
      true,
      true,
    ]);
    const tools = ['get_a', 'get_b', 'put_a'].map((name) => ({ name }));
    expect(narrow.toClient({ jsonrpc: '2.0', id: 1, result: { tools } })).toMatchObject({
      result: { tools: [{ name: 'get_a' }] },
    });
    narrow.permission = { isKnown: true };
    expect(narrow.toServer(call('put_a'))).toEqual(call('put_a'));
  });

  it('asks the hook after the rules, about requests and notifications that take nothing back', () => {
    const authorize = vi.fn<Authorize>(() => undefined);
    const { check: asking } = check({ names: [{ tool: allowOnly(['a']) }] }, authorize);
    void asking.toServer(call('b'));
    void asking.toServer({ jsonrpc: '2.0', id: 1, result: {} });
    void asking.toServer({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    expect(authorize).not.toHaveBeenCalled();
    void asking.toServer(call('a'));
    void asking.toServer({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect(authorize.mock.calls.map(([who, { method }]) => [who, method])).toEqual([
      [caller, 'tools/call'],
      [caller, 'notifications/initialized'],
    ]);
  });

  it('answers a request that the hook denies, with when to come again, and drops a notification', async () => {
    const { check: asking } = check({}, async () => ({ code: 'rate_limited', retryAfterMs: 699.5 }));
    expect(await asking.toServer(call('a'))).toMatchObject({
      code: 'rate_limited',
      answer: { error: { data: { code: 'rate_limited', retryAfterMs: 700 } } },
    });
    expect(await asking.toServer({ jsonrpc: '2.0', method: 'x' })).toMatchObject({ answer: undefined });
  });

  it('has refused where the hook throws, rejects, or does not decide in time', async () => {
    vi.useFakeTimers();
    const hooks: Authorize[] = [
      () => {
        throw new Error('thrown');
      },
      () => Promise.reject(new Error('rejected')),
      () => new Promise(() => {}),
    ];
    for (const hook of hooks) {
      const { check: asking, onerror } = check({}, hook);
      const result = asking.toServer(call('a'));
      await vi.advanceTimersByTimeAsync(limits.authorizeTimeoutMs);
      expect(await result).toMatchObject(denied);
      expect(onerror).toHaveBeenCalledTimes(1);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no timer when it is closed while the hook decides', () => {
    vi.useFakeTimers();
    const { check: asking } = check({}, () => new Promise(() => {}));
    void asking.toServer(call('a'));
    asking.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
