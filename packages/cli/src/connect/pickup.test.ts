import type { JsonRpcMessage, RequestId } from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ClientTransport } from '../client-transport.ts';
import { pickupLimits } from './pickup-limits.ts';
import { PickupTransport } from './pickup.ts';

const TIMED_OUT = 'McpError: MCP error -32001: Request timed out';

/** A host and a server that the test plays, with the transport between them. */
class Scene {
  readonly sent: JsonRpcMessage[] = [];
  readonly host: JsonRpcMessage[] = [];
  readonly upstream: ClientTransport;
  readonly pickup: PickupTransport;

  constructor() {
    const upstream: ClientTransport = {
      start: async () => undefined,
      send: async (message) => void this.sent.push(message),
      close: async () => upstream.onclose?.(),
    };
    this.upstream = upstream;
    this.pickup = new PickupTransport(() => upstream);
    this.pickup.onmessage = (message) => this.host.push(message);
  }

  call(id: RequestId, args: object = { a: 1, b: [2, { d: 4, c: 3 }] }, meta: object = {}): Promise<void> {
    const params = { name: 'slow', arguments: args, _meta: meta };
    return this.pickup.send({ jsonrpc: '2.0', id, method: 'tools/call', params });
  }

  cancel(requestId: RequestId, reason: string | undefined = TIMED_OUT): Promise<void> {
    const params = { requestId, reason };
    return this.pickup.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  }

  answer(id: RequestId, result: Record<string, unknown> = { content: [] }): void {
    this.upstream.onmessage?.({ jsonrpc: '2.0', id, result });
  }

  progress(progressToken: string | number): void {
    const params = { progressToken, progress: 1 };
    this.upstream.onmessage?.({ jsonrpc: '2.0', method: 'notifications/progress', params });
  }

  /** Ids of calls, and `-id` for what was cancelled. */
  get log(): unknown[] {
    return this.sent.map((message) =>
      'id' in message ? message.id : 'method' in message && `-${String(message.params?.['requestId'])}`,
    );
  }

  /** Ids of answers. */
  get answers(): unknown[] {
    return this.host
      .filter((message) => 'result' in message || 'error' in message)
      .map((each) => 'id' in each && each.id);
  }
}

let scene: Scene;

beforeEach(() => {
  vi.useFakeTimers();
  scene = new Scene();
});
afterEach(async () => {
  await scene.pickup.close();
  if (vi.getTimerCount() > 0) throw new Error('a timer is left');
  vi.useRealTimers();
});

it.each([
  TIMED_OUT,
  'SdkError: Request timed out',
  'McpError: MCP error -32001: Maximum total timeout exceeded',
  'TimeoutError: The operation was aborted due to timeout',
  'request timeout',
])('lets a call go on that its host gave up with %j', async (reason) => {
  await scene.call(1);
  await scene.cancel(1, reason);
  expect(scene.log).toEqual([1]);
});

it.each(['AbortError: This operation was aborted', 'the user has changed their mind', undefined])(
  'cancels a call that its host gave up with %j',
  async (reason) => {
    await scene.call(1);
    await scene.pickup.send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1, ...(reason === undefined ? {} : { reason }) },
    });
    expect(scene.log).toEqual([1, '-1']);
    await scene.call(2);
    expect(scene.log).toEqual([1, '-1', 2]);
  },
);

describe('the same call made again', () => {
  it('has the result that came meanwhile, once', async () => {
    await scene.call(1, { a: 1, b: { c: 2, d: 3 } }, { of: 'the first' });
    await scene.cancel(1);
    scene.answer(1, { content: [{ type: 'text', text: 'done' }] });
    expect(scene.host).toEqual([]);
    vi.advanceTimersByTime(pickupLimits.keepMs - 1);
    await scene.call(2, { b: { d: 3, c: 2 }, a: 1 }, { of: 'the second' });
    expect(scene.host).toEqual([
      { jsonrpc: '2.0', id: 2, result: { content: [{ type: 'text', text: 'done' }] } },
    ]);
    await scene.call(3, { a: 1, b: { c: 2, d: 3 } });
    expect(scene.log).toEqual([1, 3]);
  });

  it('is a new one after a minute, and with other arguments', async () => {
    await scene.call(1);
    await scene.cancel(1);
    scene.answer(1);
    await scene.call(2, { a: 2 });
    vi.advanceTimersByTime(pickupLimits.keepMs);
    await scene.call(3);
    expect(scene.log).toEqual([1, 2, 3]);
  });

  it.each([
    ['a result with isError', { content: [], isError: true }],
    ['a question to the host', { resultType: 'input_required' }],
  ])('is a new one after %s', async (_, result) => {
    await scene.call(1);
    await scene.cancel(1);
    scene.answer(1, result);
    await scene.call(2);
    expect(scene.log).toEqual([1, 2]);
  });

  it('joins the one that is under way, with the progress under its own token', async () => {
    await scene.call(1, { a: 1 }, { progressToken: 'one' });
    scene.progress('one');
    await scene.cancel(1);
    scene.progress('one');
    await scene.call(2, { a: 1 }, { progressToken: 'two' });
    scene.progress('one');
    scene.answer(1);
    expect(scene.log).toEqual([1]);
    expect(scene.answers).toEqual([2]);
    const tokens = scene.host.map((message) => 'params' in message && message.params?.['progressToken']);
    expect(tokens).toEqual(['one', 'two', false]);
  });

  it('is sent when the one that it joined fails', async () => {
    await scene.call(1);
    await scene.cancel(1);
    await scene.call(2);
    scene.upstream.onmessage?.({ jsonrpc: '2.0', id: 1, error: { code: -1, message: 'failed' } });
    expect(scene.log).toEqual([1, 2]);
    scene.answer(2);
    expect(scene.answers).toEqual([2]);
  });

  it('may be given up in turn, and cancelled', async () => {
    await scene.call(1);
    await scene.cancel(1);
    await scene.call(2);
    await scene.cancel(2);
    await scene.call(3);
    expect(scene.log).toEqual([1]);
    await scene.cancel(3, 'the user');
    expect(scene.log).toEqual([1, '-1']);
  });
});

it('makes the same call twice for a host that waits for both', async () => {
  await scene.call(1);
  await scene.call(2);
  expect(scene.log).toEqual([1, 2]);
  scene.answer(2);
  scene.answer(1);
  expect(scene.answers).toEqual([2, 1]);
});

it('cancels an abandoned call that nobody comes for', async () => {
  await scene.call(1);
  await scene.cancel(1);
  vi.advanceTimersByTime(pickupLimits.maxRunMs);
  expect(scene.log).toEqual([1, '-1']);
});

it('cancels what is above the number of calls that may run on', async () => {
  for (let id = 0; id <= pickupLimits.maxCalls; id++) {
    await scene.call(id, { id });
    await scene.cancel(id);
  }
  expect(scene.log.slice(pickupLimits.maxCalls)).toEqual([
    pickupLimits.maxCalls,
    `-${pickupLimits.maxCalls}`,
  ]);
});

it('keeps no more than it may, the newest', async () => {
  const text = 'x'.repeat(pickupLimits.maxChars / 2);
  for (const id of [1, 2, 3]) {
    await scene.call(id, { id });
    await scene.cancel(id);
    scene.answer(id, { content: [text] });
  }
  for (const id of [1, 2, 3]) await scene.call(`again ${id}`, { id });
  expect(scene.answers).toEqual(['again 3']);
});

it('leaves other messages as they are', async () => {
  const cancelled = { jsonrpc: '2.0' as const, method: 'notifications/cancelled', params: { requestId: 9 } };
  await scene.pickup.send({ jsonrpc: '2.0', id: 9, method: 'tools/list' });
  await scene.pickup.send(cancelled);
  expect(scene.sent[1]).toEqual(cancelled);
  scene.answer(9);
  scene.progress('another');
  expect(scene.host).toHaveLength(2);
});
