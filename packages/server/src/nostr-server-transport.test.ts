import { isRequest, type JsonRpcMessage, parseMessage } from '@mcp-nostr/core';
import { type Channel, type OutgoingMessage, TransportError } from '@mcp-nostr/transport';
import { describe, expect, it, vi } from 'vitest';

import { KeyUsage } from './key-usage.ts';
import { limits } from './limits.ts';
import { NostrServerTransport } from './nostr-server-transport.ts';

function open(
  settle: (message: JsonRpcMessage) => TransportError | undefined = () => undefined,
  usage?: KeyUsage,
  isInjecting = false,
) {
  const sent: JsonRpcMessage[] = [];
  const send = ({ text, onsettled }: OutgoingMessage): void => {
    const message = parseMessage(text);
    sent.push(message);
    onsettled?.(settle(message));
  };
  const link: Channel = {
    queuedBytes: 0,
    send,
    withdraw: () => [],
  };
  const onerror = vi.fn<(error: Error) => void>();
  const onoverflow = vi.fn<() => void>();
  const transport = new NostrServerTransport({
    caller: { pubkey: 'a'.repeat(64), npub: 'npub1', connectionId: 'c'.repeat(32) },
    permission: { isKnown: true },
    usage,
    link,
    injectIdentity: isInjecting,
    onsend: () => {},
    onoverflow,
    onrequest: () => {},
    onerror,
    onclosed: () => {},
  });
  const received: JsonRpcMessage[] = [];
  transport.onmessage = (message) => void received.push(message);
  const receive = (messages: JsonRpcMessage[]): void => {
    for (const message of messages)
      transport.receive({ text: JSON.stringify(message), relation: undefined, event: 'e'.repeat(64) });
  };
  return { transport, sent, receive, received, onerror, onoverflow };
}

const call = (id: number): JsonRpcMessage => ({ jsonrpc: '2.0', id, method: 'tools/call' });
const calls = (count: number): JsonRpcMessage[] => Array.from({ length: count }, (_, id) => call(id));

it('who calls is in each request, and never what the caller says of itself', async () => {
  const lie = { clientPubkey: 'b'.repeat(64) };
  for (const isInjecting of [false, true]) {
    const { transport, receive, received } = open(undefined, undefined, isInjecting);
    await transport.start();
    receive([{ ...call(1), params: { name: 'x', _meta: lie } }]);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    const truth = { clientPubkey: 'a'.repeat(64), requestEventId: 'e'.repeat(64) };
    expect(received[0]).toHaveProperty('params._meta', isInjecting ? truth : {});
  }
});

describe('requests under way', () => {
  it('are bounded: one more is answered with busy, the others finish, and then there is room', async () => {
    const { transport, sent, receive, received, onerror } = open();
    await transport.start();
    const count = limits.maxRequestsPerConnection;
    receive(calls(count + 1));
    await vi.waitFor(() => expect(received).toHaveLength(count));
    expect(transport.requestsUnderWay).toBe(count);
    expect(sent).toMatchObject([{ id: count, error: { data: { code: 'busy' } } }]);
    sent.length = 0;
    for (const message of received)
      if (isRequest(message)) await transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
    expect(sent).toEqual(calls(count).map((_, id) => ({ jsonrpc: '2.0', id, result: {} })));
    receive([call(count)]);
    expect(transport.requestsUnderWay).toBe(1);
    expect(onerror).not.toHaveBeenCalled();
  });

  it('do not keep other messages of the connection away', async () => {
    const { transport, receive, received } = open();
    await transport.start();
    const count = limits.maxRequestsPerConnection;
    receive(calls(count));
    const cancel: JsonRpcMessage = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 0 },
    };
    receive([cancel]);
    await vi.waitFor(() => expect(received.at(-1)).toEqual(cancel));
    expect(transport.requestsUnderWay).toBe(count - 1);
  });
});

describe('a request that was cancelled before it got to the MCP server', () => {
  it('does not get there, and its answer is not that of another with its id', async () => {
    const { transport, receive, received } = open();
    await transport.start();
    const cancel: JsonRpcMessage = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1 },
    };
    const again: JsonRpcMessage = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    receive([call(1), cancel, again]);
    await vi.waitFor(() => expect(received.at(-1)).toEqual(again));
    expect(received).toEqual([cancel, again]);
  });
});

describe('what is not refused', () => {
  it.each<[string, JsonRpcMessage]>([
    ['pings', { jsonrpc: '2.0', id: 1, method: 'ping' }],
    ['answers that nobody waits for', { jsonrpc: '2.0', id: 1, result: {} }],
    ['requests with the id of one under way', call(0)],
  ])('has the key blocked when there is no end of it: %s', async (_what, message) => {
    const onblocked = vi.fn<() => void>();
    const usage = new KeyUsage({ clock: () => 0, onblocked });
    usage.bounds = { callsPerMinute: 10 };
    const { transport, sent, receive } = open(undefined, usage);
    await transport.start();
    receive([call(0)]);
    // The last strike is used up by their bytes.
    const count = limits.minChoresPerMinute + limits.strikeBurst - 1;
    const send = async (): Promise<void> => {
      receive([message]);
      if ('id' in message && message.id === 1 && isRequest(message))
        await transport.send({ jsonrpc: '2.0', id: 1, result: {} });
    };
    for (let n = 0; n < count; n++) await send();
    expect(onblocked).not.toHaveBeenCalled();
    await send();
    expect(onblocked).toHaveBeenCalledTimes(1);
    expect(sent.filter((each) => 'error' in each)).toEqual([]);
  });
});

describe('lines that are no messages', () => {
  it('earn one answer and one report for each frame, however many there are', async () => {
    const { transport, sent } = open();
    await transport.start();
    for (let n = 0; n < 1_000; n++) transport.receive({ text: '', relation: undefined, event: 'a' });
    transport.receive({ text: 'x', relation: undefined, event: 'b' });
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    expect(sent).toMatchObject([{ error: { code: -32_700 } }, { error: { code: -32_700 } }]);
  });
});

describe('messages that come while the MCP server is being made', () => {
  const note: JsonRpcMessage = { jsonrpc: '2.0', method: 'notifications/progress' };
  const notes = Array.from({ length: limits.maxEarlyMessages }, () => note);

  it('are bounded: a request above the bound is answered with busy, the others are delivered', async () => {
    const { transport, sent, receive, received, onoverflow } = open();
    receive([...notes, call(1)]);
    await vi.waitFor(() => expect(sent).toMatchObject([{ id: 1, error: { data: { code: 'busy' } } }]));
    await transport.start();
    await vi.waitFor(() => expect(received).toHaveLength(notes.length));
    expect(transport.requestsUnderWay).toBe(0);
    expect(onoverflow).not.toHaveBeenCalled();
  });

  it('end the connection where one that nobody answers is above the bound: none is lost without a word', () => {
    const { receive, onoverflow } = open();
    receive(notes);
    expect(onoverflow).not.toHaveBeenCalled();
    receive([note]);
    expect(onoverflow).toHaveBeenCalledTimes(1);
  });
});

describe('a subscription', () => {
  const listen = (id: string): JsonRpcMessage => ({ jsonrpc: '2.0', id, method: 'subscriptions/listen' });
  const news = (id: string): JsonRpcMessage => ({
    jsonrpc: '2.0',
    method: 'notifications/tools/list_changed',
    params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id } },
  });

  it('gets nothing when it was cancelled, nor after its end', async () => {
    const { transport, sent, receive, received } = open();
    await transport.start();
    receive([listen('a'), listen('b'), call(1)]);
    await vi.waitFor(() => expect(received).toHaveLength(3));
    await transport.send(news('a'));
    receive([{ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'a' } }]);
    await transport.send(news('a'));
    transport.endSubscriptions();
    await transport.send(news('b'));
    const meta = { 'io.modelcontextprotocol/subscriptionId': 'b' };
    expect(sent).toEqual([
      news('a'),
      { jsonrpc: '2.0', id: 'b', result: { resultType: 'complete', _meta: meta } },
    ]);
    expect(transport.requestsUnderWay).toBe(1);
  });
});

describe('what cannot be sent', () => {
  const lost = new TransportError('closed', 'gone');

  it('is reported where it is news, for nobody waits for it, and rejects where somebody does', async () => {
    const { transport, onerror } = open(() => lost);
    await transport.start();
    await transport.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    expect(onerror.mock.calls).toEqual([[lost]]);
    await expect(transport.send({ jsonrpc: '2.0', id: 1, method: 'roots/list' })).rejects.toBe(lost);
  });
});
