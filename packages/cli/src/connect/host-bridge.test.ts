import type { JsonRpcMessage } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import type { ClientTransport } from '../client-transport.ts';
import { HostBridge } from './host-bridge.ts';

interface Fake extends ClientTransport {
  sent: JsonRpcMessage[];
  isClosed: boolean;
}

/** A bridge whose transports are plain objects that the test answers for. */
function bridgeWith(start: (index: number) => Promise<void> = async () => undefined): {
  bridge: HostBridge;
  host: JsonRpcMessage[];
  opened: Fake[];
} {
  const host: JsonRpcMessage[] = [];
  const opened: Fake[] = [];
  const open = (): Fake => {
    const index = opened.length;
    const fake: Fake = {
      sent: [],
      isClosed: false,
      start: () => start(index),
      send: async (message) => void fake.sent.push(message),
      close: async () => {
        if (fake.isClosed) return;
        fake.isClosed = true;
        fake.onclose?.();
      },
    };
    opened.push(fake);
    return fake;
  };
  return {
    bridge: new HostBridge({ open, onmessage: (message) => host.push(message), onlog: () => undefined }),
    host,
    opened,
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const request = (id: number | string, method = 'tools/list'): JsonRpcMessage => ({
  jsonrpc: '2.0',
  id,
  method,
});
const result = (id: number | string): JsonRpcMessage => ({ jsonrpc: '2.0', id, result: {} });
const codes = (messages: JsonRpcMessage[]): unknown[] =>
  messages.map((message) => ('error' in message ? [message.id, message.error.data] : message));

it('passes messages both ways as they are, in order', async () => {
  const { bridge, host, opened } = bridgeWith();
  const messages = [
    request(0, 'initialize'),
    { jsonrpc: '2.0' as const, method: 'notifications/initialized' },
    request('a'),
  ];
  for (const message of messages) bridge.receive(message);
  await settled();
  expect(opened).toHaveLength(1);
  expect(opened[0]?.sent).toEqual(messages);
  opened[0]?.onmessage?.(result(0));
  opened[0]?.onmessage?.({ jsonrpc: '2.0', method: 'notifications/message' });
  expect(host).toEqual([result(0), { jsonrpc: '2.0', method: 'notifications/message' }]);
});

it('delivers one answer a request and none to what was cancelled', async () => {
  const { bridge, host, opened } = bridgeWith();
  bridge.receive(request(0, 'initialize'));
  bridge.receive(request(1));
  bridge.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
  await settled();
  for (const id of [0, 0, 1, 9]) opened[0]?.onmessage?.(result(id));
  expect(host).toEqual([result(0)]);
});

it('answers with errors when a transport does not start, and tries anew with the next message', async () => {
  const { bridge, host, opened } = bridgeWith(async (index) => {
    if (index === 0) throw new Error('no relay list');
  });
  bridge.receive(request(0, 'initialize'));
  await settled();
  expect(codes(host)).toEqual([[0, { code: 'relays_unreachable' }]]);
  bridge.receive(request(1, 'initialize'));
  await settled();
  expect(opened).toHaveLength(2);
  expect(opened[1]?.sent).toEqual([request(1, 'initialize')]);
});

it('answers what was under way when the server ends the connection, and then waits for initialize', async () => {
  const { bridge, host, opened } = bridgeWith();
  bridge.receive(request(0, 'initialize'));
  await settled();
  opened[0]?.onmessage?.(result(0));
  bridge.receive(request(1, 'tools/call'));
  await settled();
  opened[0]?.onclose?.();
  bridge.receive(request(2));
  bridge.receive({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
  expect(codes(host.slice(1))).toEqual([
    [1, { code: 'outcome_unknown' }],
    [2, { code: 'server_failed' }],
  ]);
  bridge.receive(request(3, 'initialize'));
  await settled();
  expect(opened[1]?.sent).toEqual([request(3, 'initialize')]);
});

it('takes a second initialize for a new connection', async () => {
  const { bridge, host, opened } = bridgeWith();
  bridge.receive(request(0, 'initialize'));
  await settled();
  bridge.receive(request(1, 'initialize'));
  await settled();
  expect(opened[0]?.isClosed).toBe(true);
  expect(codes(host)).toEqual([[0, { code: 'outcome_unknown' }]]);
  opened[0]?.onmessage?.(result(1));
  expect(host).toHaveLength(1);
  opened[1]?.onmessage?.(result(1));
  expect(host[1]).toEqual(result(1));
});

it("passes the host's answer only to the connection that asked", async () => {
  const { bridge, opened } = bridgeWith();
  bridge.receive(request(0, 'initialize'));
  await settled();
  opened[0]?.onmessage?.(request(5, 'sampling/createMessage'));
  bridge.receive(request(1, 'initialize'));
  bridge.receive(result(5));
  await settled();
  expect(opened[1]?.sent).toEqual([request(1, 'initialize')]);
  opened[1]?.onmessage?.(request(6, 'ping'));
  bridge.receive(result(6));
  await settled();
  expect(opened[1]?.sent[1]).toEqual(result(6));
});

it('is silent after it was closed', async () => {
  const { bridge, host, opened } = bridgeWith();
  bridge.receive(request(0, 'initialize'));
  await bridge.close();
  bridge.receive(request(1));
  await settled();
  expect(opened).toHaveLength(1);
  expect(opened[0]?.isClosed).toBe(true);
  expect(host).toEqual([]);
});
