import { describe, expect, it } from 'vitest';

import { cancelledId, isHarmless, isRequest, isResponse, parseJsonRpc } from './json-rpc.ts';

describe('parseJsonRpc', () => {
  it.each([
    { jsonrpc: '2.0', id: 0, method: 'ping' },
    { jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name: 'x', _meta: { vendor: 1 } } },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 1, result: {} },
    { jsonrpc: '2.0', id: '1', error: { code: -1, message: 'no', data: [1] } },
    { jsonrpc: '2.0', error: { code: -32_700, message: 'unreadable' } },
    { jsonrpc: '2.0', id: 1, method: 'ping', vendor: true },
  ])('passes %j as it is', (message) => {
    expect(parseJsonRpc(structuredClone(message))).toEqual(message);
  });

  it.each([
    [[{ jsonrpc: '2.0', id: 1, method: 'ping' }], /array/],
    [null, /no object/],
    ['ping', /no object/],
    [{ id: 1, method: 'ping' }, /jsonrpc/],
    [{ jsonrpc: '2.0' }, /no method/],
    [{ jsonrpc: '2.0', method: 1 }, /method/],
    [{ jsonrpc: '2.0', id: null, method: 'ping' }, /id/],
    [{ jsonrpc: '2.0', id: 1.5, method: 'ping' }, /id/],
    [{ jsonrpc: '2.0', id: 'x'.repeat(300), method: 'ping' }, /id/],
    [{ jsonrpc: '2.0', id: 1, method: 'ping', params: [] }, /params/],
    [{ jsonrpc: '2.0', id: 1, result: 3 }, /result/],
    [{ jsonrpc: '2.0', result: {} }, /id/],
    [{ jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: '' } }, /both/],
    [{ jsonrpc: '2.0', id: 1, error: { code: 'x', message: '' } }, /error/],
  ])('refuses %j', (value, reason) => {
    expect(() => parseJsonRpc(value)).toThrow(reason);
    expect(() => parseJsonRpc(value)).toThrow(expect.objectContaining({ code: 'bad_json_rpc' }));
  });
});

describe('what a message is', () => {
  it('tells requests, notifications and responses apart', () => {
    const request = parseJsonRpc({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const notification = parseJsonRpc({ jsonrpc: '2.0', method: 'x' });
    const response = parseJsonRpc({ jsonrpc: '2.0', id: 1, result: {} });
    expect([request, notification, response].map(isRequest)).toEqual([true, false, false]);
    expect([request, notification, response].map(isResponse)).toEqual([false, false, true]);
  });

  it('knows what may be repeated', () => {
    const method = (name: string) => isHarmless({ jsonrpc: '2.0', id: 1, method: name });
    expect(['initialize', 'tools/list', 'ping'].map(method)).toEqual([true, true, true]);
    expect(['tools/call', 'logging/setLevel', 'unknown'].map(method)).toEqual([false, false, false]);
  });

  it('finds the request that is cancelled, the id 0 too', () => {
    const cancel = (requestId: unknown) =>
      cancelledId({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    expect([cancel(0), cancel('a'), cancel(undefined), cancel({})]).toEqual([0, 'a', undefined, undefined]);
  });
});
