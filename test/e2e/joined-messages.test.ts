import {
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  parseJsonRpc,
  progressToken,
} from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { JoinedHost, type Script, scripted, sentTo } from '../helpers/joined-host.ts';
import type { ScriptedTransport } from '../helpers/scripted-transport.ts';

describe('requests of the host', () => {
  /** Answers with what it was asked. */
  const mirror: Script = ({ method, params }) => {
    if (method === 'tools/list') return { tools: [{ name: 'x'.repeat(80) }, { name: 'a.b' }] };
    return method === 'initialize' ? undefined : { method, params };
  };

  it('go to the server of their prefix, under its own names', async () => {
    const host = new JoinedHost({ a: scripted(mirror), b: scripted(mirror) });
    await host.open();
    const to = async (method: string, params: object): Promise<unknown> => {
      const result = await host.ask(method, params);
      return result['params'] ?? result['message'];
    };
    expect(await to('tools/call', { name: 'b_c_d', arguments: { name: 'a_x' } })).toEqual({
      name: 'c_d',
      arguments: { name: 'a_x' },
    });
    expect(await to('prompts/get', { name: 'a_hello' })).toEqual({ name: 'hello' });
    for (const method of ['resources/read', 'resources/subscribe', 'resources/unsubscribe'])
      expect(await to(method, { uri: 'b+file:///a+c' })).toEqual({ uri: 'file:///a+c' });
    const argument = { name: 'n', value: 'v' };
    expect(
      await to('completion/complete', { ref: { type: 'ref/resource', uri: 'a+file:///{x}' }, argument }),
    ).toEqual({ ref: { type: 'ref/resource', uri: 'file:///{x}' }, argument });
    expect(await to('completion/complete', { ref: { type: 'ref/prompt', name: 'b_p' }, argument })).toEqual({
      ref: { type: 'ref/prompt', name: 'p' },
      argument,
    });
    expect(await to('tools/call', { name: 'c_d' })).toBe('Tool c_d not found');
    expect(await to('tools/call', { name: 'a' })).toBe('Tool a not found');
    expect(await to('tools/call', {})).toBe('Tool without a name not found');
    expect(await to('prompts/get', { name: 'c_d' })).toBe('Prompt c_d not found');
    expect(await to('resources/read', { uri: 'file:///a' })).toBe('Resource file:///a not found');
    expect(await to('completion/complete', { ref: { name: 'zz' } })).toBe('Prompt zz not found');
    expect(await to('completion/complete', { ref: { uri: 'zz:' } })).toBe('Resource template zz: not found');
    expect(await to('completion/complete', {})).toContain('not found');
  });

  it('find tools whose names were cut, also when the host knows them from an earlier time', async () => {
    const { tools } = await (async () => {
      const host = new JoinedHost({ a: scripted(mirror) });
      await host.open();
      return (await host.ask('tools/list')) as { tools: { name: string }[] };
    })();
    const later = new JoinedHost({ a: scripted(mirror) });
    await later.open();
    const called = tools.map(({ name }) => later.ask('tools/call', { name }, name));
    expect((await Promise.all(called)).map(({ params }) => params)).toEqual([
      { name: 'x'.repeat(80) },
      { name: 'a.b' },
    ]);
    expect(await later.ask('tools/call', { name: 'a_cut_0123abcd' })).toMatchObject({
      params: { name: 'cut_0123abcd' },
    });
  });

  it('set the log level of every server', async () => {
    const logs = scripted(() => ({}), undefined);
    const host = new JoinedHost({ a: scripted(mirror), b: scripted(mirror), bad: logs });
    await host.open();
    expect(await host.ask('logging/setLevel', { level: 'debug' })).toMatchObject({
      params: { level: 'debug' },
    });
  });

  it('are cancelled at the server that has them, and are not answered then', async () => {
    const silent = scripted(() => undefined);
    const other = scripted(mirror);
    const host = new JoinedHost({ silent, other });
    await host.open();
    host.send({ id: 7, method: 'tools/call', params: { name: 'silent_x', _meta: { progressToken: 'p' } } });
    const call = await silent.sent.first((message) => 'method' in message && message.method === 'tools/call');
    const id = 'id' in call ? call.id : undefined;
    host.send({ method: 'notifications/cancelled', params: { requestId: 7, reason: 'enough' } });
    await silent.sent.first((message) => 'method' in message && message.method === 'notifications/cancelled');
    expect(sentTo(silent, 'notifications/cancelled')).toMatchObject([
      { params: { requestId: id, reason: 'enough' } },
    ]);
    expect(sentTo(other, 'notifications/cancelled')).toEqual([]);
    silent.onmessage?.({ jsonrpc: '2.0', id: id ?? 0, result: {} });
    // The id is free again, and the late answer is nobody's.
    expect(await host.ask('tools/call', { name: 'other_x' }, 7)).toMatchObject({ params: { name: 'x' } });
    expect(host.received.items.filter((message) => 'id' in message && message.id === 7)).toHaveLength(1);
  });

  it('get progress of the server that they went to, and of no other', async () => {
    const a = scripted(() => undefined);
    const b = scripted(() => undefined);
    const host = new JoinedHost({ a, b });
    await host.open();
    host.send({ id: 1, method: 'tools/call', params: { name: 'a_x', _meta: { progressToken: 9 } } });
    host.send({ id: 2, method: 'tools/call', params: { name: 'b_x', _meta: { progressToken: 8 } } });
    for (const each of [a, b])
      await each.sent.first((message) => 'method' in message && message.method === 'tools/call');
    const progress = (value: number): JsonRpcMessage => ({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 9, progress: value },
    });
    b.onmessage?.(progress(1));
    a.onmessage?.(progress(2));
    const notified = host.related.filter(([, message]) => 'method' in message);
    expect(notified).toEqual([[1, progress(2)]]);
  });
});

describe('what servers send on their own', () => {
  it('reaches the host under ids and tokens of its own, and the answer whoever has asked', async () => {
    const a = scripted(() => undefined);
    const b = scripted(() => undefined);
    const host = new JoinedHost({ a, b });
    await host.open();
    const question = { jsonrpc: '2.0' as const, id: 0, method: 'sampling/createMessage' };
    a.onmessage?.({ ...question, params: { from: 'a', _meta: { progressToken: 0 } } });
    b.onmessage?.({ ...question, params: { from: 'b', _meta: { progressToken: 0 } } });
    b.onmessage?.({ ...question, id: 'second', params: {} });
    const asked = host.received.items.filter((message): message is JsonRpcRequest => isRequest(message));
    const [first, second, third] = asked;
    expect([first?.params?.['from'], second?.params?.['from']]).toEqual(['a', 'b']);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(3);
    const token = second && progressToken(second);
    host.send({ method: 'notifications/progress', params: { progressToken: token, progress: 1 } });
    host.send({ id: second?.id, result: { model: 'for b' } });
    host.send({ id: second?.id, result: { model: 'again' } });
    host.send({ id: first?.id, error: { code: -1, message: 'not for a' } });
    const received = (transport: ScriptedTransport): JsonRpcMessage[] =>
      transport.sent.items.filter((message) => !('method' in message) || message.method.endsWith('progress'));
    expect(received(b)).toEqual([
      { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 0, progress: 1 } },
      { jsonrpc: '2.0', id: 0, result: { model: 'for b' } },
    ]);
    expect(received(a)).toEqual([{ jsonrpc: '2.0', id: 0, error: { code: -1, message: 'not for a' } }]);
    // A server that waits no more, and one that is gone.
    b.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'second' } });
    expect(host.received.items.at(-1)).toMatchObject({ params: { requestId: third?.id } });
    a.onmessage?.(question);
    const last = host.received.items.at(-1);
    await a.close();
    const gone = await host.notified('notifications/cancelled');
    expect(gone).toBeDefined();
    expect(host.received.items.at(-1)).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: last !== undefined && 'id' in last ? last.id : undefined },
    });
  });

  it('is bounded', async () => {
    const a = scripted(() => undefined);
    const host = new JoinedHost({ a });
    await host.open();
    for (let id = 0; id < 257; id++) a.onmessage?.({ jsonrpc: '2.0', id, method: 'roots/list' });
    await a.sent.first((message) => !('method' in message));
    expect(a.sent.items.at(-1)).toMatchObject({ id: 256, error: { data: { code: 'busy' } } });
  });

  it('tells the host which server it is from', async () => {
    const a = scripted(() => undefined);
    const host = new JoinedHost({ a });
    await host.open();
    const notify = (method: string, params: object): void =>
      a.onmessage?.(parseJsonRpc({ jsonrpc: '2.0', method, params }));
    notify('notifications/resources/updated', { uri: 'file:///a' });
    notify('notifications/message', { level: 'info', data: 1 });
    notify('notifications/message', { level: 'info', logger: 'db', data: 2 });
    notify('notifications/prompts/list_changed', {});
    const received = host.received.items.filter((message) => 'method' in message);
    expect(received.map(({ params }) => params)).toEqual([
      { uri: 'a+file:///a' },
      { level: 'info', data: 1, logger: 'a' },
      { level: 'info', logger: 'a/db', data: 2 },
      {},
    ]);
  });
});
