import type { JsonRpcMessage, JsonRpcRequest } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { callIdOf, withCallId, withOwnId } from './call-ids.ts';

const subscriptionId = 'io.modelcontextprotocol/subscriptionId';
const request: JsonRpcRequest = {
  jsonrpc: '2.0',
  id: 'listen:0',
  method: 'tools/call',
  params: { name: 'x', _meta: { progressToken: 'tok', traceparent: '00-1' } },
};
const progress = (progressToken: unknown): JsonRpcMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken, progress: 1 },
});

describe('a request on a shared connection', () => {
  it('has an id of the connection, as progress token too, and is otherwise what it was', () => {
    expect(withCallId(request, 7)).toEqual({
      ...request,
      id: 7,
      params: { name: 'x', _meta: { progressToken: 7, traceparent: '00-1' } },
    });
    expect(request.params).toEqual({ name: 'x', _meta: { progressToken: 'tok', traceparent: '00-1' } });
  });

  it('gets no progress token that it did not have, and no params', () => {
    expect(withCallId({ jsonrpc: '2.0', id: 0, method: 'a' }, 7)).toEqual({
      jsonrpc: '2.0',
      id: 7,
      method: 'a',
    });
    const params = { _meta: { key: 1 } };
    expect(withCallId({ jsonrpc: '2.0', id: 0, method: 'a', params }, 7).params).toEqual(params);
  });
});

describe('a message of the server', () => {
  it.each([
    ['a response', { jsonrpc: '2.0', id: 7, result: {} }],
    ['progress', progress(7)],
    ['news', { jsonrpc: '2.0', method: 'notifications/x', params: { _meta: { [subscriptionId]: 7 } } }],
    ['an end', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } }],
  ] as [string, JsonRpcMessage][])(
    'is found to belong to its call by what it names: %s',
    (_name, message) => {
      expect(callIdOf(message, undefined)).toBe(7);
    },
  );

  it('belongs to the call that the wire relates it to where it names none', () => {
    const log: JsonRpcMessage = { jsonrpc: '2.0', method: 'notifications/message', params: { data: 7 } };
    expect(callIdOf(log, 3)).toBe(3);
    expect(callIdOf(log, undefined)).toBeUndefined();
    expect(callIdOf(progress('foreign'), undefined)).toBeUndefined();
  });

  it('reaches the client with its own id, token and subscription', () => {
    expect(withOwnId(progress(7), 7, request)).toEqual(progress('tok'));
    const meta = { _meta: { [subscriptionId]: 7, other: 1 } };
    const own = { _meta: { [subscriptionId]: 'listen:0', other: 1 } };
    expect(withOwnId({ jsonrpc: '2.0', id: 7, result: meta }, 7, request)).toEqual({
      jsonrpc: '2.0',
      id: 'listen:0',
      result: own,
    });
    const error = { code: -32_602, message: 'no', data: { id: 7 } };
    expect(withOwnId({ jsonrpc: '2.0', id: 7, error }, 7, request)).toEqual({
      jsonrpc: '2.0',
      id: 'listen:0',
      error,
    });
    const news = { jsonrpc: '2.0' as const, method: 'notifications/tools/list_changed', params: meta };
    expect(withOwnId(news, 7, request)).toEqual({ ...news, params: own });
    const end = { jsonrpc: '2.0' as const, method: 'notifications/cancelled' };
    expect(withOwnId({ ...end, params: { requestId: 7 } }, 7, request)).toEqual({
      ...end,
      params: { requestId: 'listen:0' },
    });
    expect(withOwnId({ jsonrpc: '2.0', method: 'notifications/message' }, 7, request)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/message',
    });
  });
});
