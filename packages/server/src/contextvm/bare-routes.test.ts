import type { JsonRpcMessage, JsonRpcRequest } from '@mcp-nostr/core';
import type { IncomingBare } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { BareRoutes, cancellation } from './bare-routes.ts';

const [EVENT, OTHER] = ['e'.repeat(64), 'f'.repeat(64)];
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const session = {};

const from = (id: string): IncomingBare =>
  ({ event: { id, created_at: 7 }, form: 'stored', relay: 'ws://relay' }) as unknown as IncomingBare;
const request = (id: string | number, meta?: object): JsonRpcRequest => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'x', ...(meta && { _meta: meta }) },
});
const progress = (progressToken: string | number): JsonRpcMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken, progress: 1 },
});
const cancelled = (requestId: string | number): JsonRpcMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason: 'r' },
});

describe('a request without a link', () => {
  it('has the id of its event for a name, and so has its progress', () => {
    const routes = new BareRoutes();
    expect(routes.add(request(1, { progressToken: 0, other: true }), from(EVENT), session)).toEqual({
      ...request(EVENT, { progressToken: EVENT, other: true }),
    });
    expect(routes.add(request('1'), from(OTHER), session)).toEqual(request(OTHER));
    expect(routes.get(EVENT)).toEqual({
      session,
      id: 1,
      method: 'tools/call',
      token: 0,
      form: 'stored',
      relay: 'ws://relay',
      createdAt: 7,
      isAnswered: false,
    });
  });

  it('has the names that its client gave in what the client reads', () => {
    const routes = new BareRoutes();
    routes.add(request(1, { progressToken: 0 }), from(EVENT), session);
    const news = {
      jsonrpc: '2.0' as const,
      method: 'n',
      params: { a: 1, _meta: { [SUBSCRIPTION]: EVENT, b: 2 } },
    };
    const end = { jsonrpc: '2.0' as const, id: EVENT, result: { _meta: { [SUBSCRIPTION]: EVENT } } };
    const error = { jsonrpc: '2.0' as const, id: EVENT, error: { code: 1, message: 'm', data: EVENT } };
    expect(routes.toClient(progress(EVENT))).toEqual(progress(0));
    expect(routes.toClient(news)).toEqual({ ...news, params: { a: 1, _meta: { [SUBSCRIPTION]: 1, b: 2 } } });
    expect(routes.toClient(end)).toEqual({ ...end, id: 1, result: { _meta: { [SUBSCRIPTION]: 1 } } });
    expect(routes.toClient(error)).toEqual({ ...error, id: 1 });
    expect(routes.toClient(cancelled(EVENT))).toEqual(cancelled(1));
    const others: JsonRpcMessage[] = [
      progress(OTHER),
      { ...end, id: OTHER, result: {} },
      { jsonrpc: '2.0', method: 'n' },
      { jsonrpc: '2.0', error: { code: 1, message: 'm' } },
    ];
    for (const each of others) expect(routes.toClient(each)).toBe(each);
  });

  it('is what its progress belongs to; progress of nothing belongs to a request that is not there', () => {
    const routes = new BareRoutes();
    expect([progress(EVENT), progress(1), cancelled(1)].map((each) => routes.requestOf(each))).toEqual([
      EVENT,
      '',
      undefined,
    ]);
  });

  it('is cancelled by its id while it has no answer, if that is the only one with it', () => {
    const routes = new BareRoutes();
    routes.add(request(1), from(EVENT), session);
    expect(['1', 2].map((id) => routes.cancelled(cancelled(id)))).toEqual([undefined, undefined]);
    expect(routes.cancelled(cancelled(1))).toEqual({ event: EVENT, session });
    expect(cancellation(cancelled(1), EVENT)).toEqual(cancelled(EVENT));
    routes.add(request(1), from(OTHER), session);
    expect(routes.cancelled(cancelled(1))).toBeUndefined();
    expect(routes.cancelled(cancelled(OTHER))).toEqual({ event: OTHER, session });
    const route = routes.get(OTHER);
    if (route !== undefined) route.isAnswered = true;
    expect(routes.cancelled(cancelled(1))).toEqual({ event: EVENT, session });
    routes.remove(EVENT);
    expect(routes.cancelled(cancelled(1))).toBeUndefined();
  });

  it('is one of its session until it has an answer', () => {
    const routes = new BareRoutes();
    routes.add(request(1), from(EVENT), session);
    routes.add(request(2), from(OTHER), {});
    expect(routes.unanswered(session).map(([event]) => event)).toEqual([EVENT]);
    const route = routes.get(EVENT);
    if (route !== undefined) route.isAnswered = true;
    expect(routes.unanswered(session)).toEqual([]);
  });
});
