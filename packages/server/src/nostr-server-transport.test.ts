import {
  encodeFrame,
  generateSecretKey,
  getPublicKey,
  isRequest,
  type JsonRpcMessage,
  signEvent,
} from '@mcp-nostr/core';
import type { IncomingFrame, Link, SentFrame } from '@mcp-nostr/transport';
import { describe, expect, it, vi } from 'vitest';

import { limits } from './limits.ts';
import { NostrServerTransport } from './nostr-server-transport.ts';

const key = generateSecretKey();
const link = { connection: 'c'.repeat(32), sequence: 1, acknowledged: 0, instance: '' };

/** A frame with these messages. What it is signed with is of no concern here. */
function incoming(messages: JsonRpcMessage[]): IncomingFrame {
  const event = signEvent(encodeFrame({ link, messages }, getPublicKey(key), 0), key);
  return { event, link, requestEvent: undefined, encrypted: true, relay: '', isRepeat: false };
}

function open() {
  const sent: JsonRpcMessage[] = [];
  const send = async (messages: JsonRpcMessage[]): Promise<SentFrame> => {
    sent.push(...messages);
    return { event: incoming([]).event, published: Promise.resolve('accepted') };
  };
  const onerror = vi.fn<(error: Error) => void>();
  const transport = new NostrServerTransport({
    caller: { pubkey: getPublicKey(key), npub: 'npub1', connectionId: link.connection },
    link: { send } as unknown as Link,
    onrequest: () => {},
    onerror,
    onclosed: () => {},
  });
  const received: JsonRpcMessage[] = [];
  transport.onmessage = (message) => void received.push(message);
  return { transport, sent, received, onerror };
}

const call = (id: number): JsonRpcMessage => ({ jsonrpc: '2.0', id, method: 'tools/call' });
const calls = (count: number): JsonRpcMessage[] => Array.from({ length: count }, (_, id) => call(id));

describe('requests under way', () => {
  it('are bounded: one more is answered with busy, the others finish, and then there is room', async () => {
    const { transport, sent, received, onerror } = open();
    await transport.start();
    const count = limits.maxRequestsPerConnection;
    transport.receive(incoming(calls(count + 1)));
    await vi.waitFor(() => expect(received).toHaveLength(count));
    expect(transport.requestsUnderWay).toBe(count);
    expect(sent).toMatchObject([{ id: count, error: { data: { code: 'busy' } } }]);
    sent.length = 0;
    for (const message of received)
      if (isRequest(message)) await transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
    expect(sent).toEqual(calls(count).map((_, id) => ({ jsonrpc: '2.0', id, result: {} })));
    transport.receive(incoming([call(count)]));
    expect(transport.requestsUnderWay).toBe(1);
    expect(onerror).not.toHaveBeenCalled();
  });

  it('do not keep other messages of the connection away', async () => {
    const { transport, received } = open();
    await transport.start();
    const count = limits.maxRequestsPerConnection;
    transport.receive(incoming(calls(count)));
    const cancel: JsonRpcMessage = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 0 },
    };
    transport.receive(incoming([cancel]));
    await vi.waitFor(() => expect(received.at(-1)).toEqual(cancel));
    expect(transport.requestsUnderWay).toBe(count - 1);
  });
});

describe('messages that come while the MCP server is being made', () => {
  it('are bounded: a request above the bound is answered with busy, the others are delivered', async () => {
    const { transport, sent, received } = open();
    const note: JsonRpcMessage = { jsonrpc: '2.0', method: 'notifications/progress' };
    const count = limits.maxEarlyMessages;
    transport.receive(incoming(Array.from({ length: count + 5 }, () => note)));
    transport.receive(incoming([call(1)]));
    await vi.waitFor(() => expect(sent).toMatchObject([{ id: 1, error: { data: { code: 'busy' } } }]));
    await transport.start();
    await vi.waitFor(() => expect(received).toHaveLength(count));
    expect(transport.requestsUnderWay).toBe(0);
  });
});
