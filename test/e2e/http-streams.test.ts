import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';

import type { JsonRpcMessage } from '@mcp-nostr/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { listenWith } from '../helpers/http-world.ts';
import { leapingClock } from '../helpers/leaping-clock.ts';
import { answer, type Message, messages, openSession, post, postModern } from '../helpers/raw-http.ts';
import { ScriptedTransport } from '../helpers/scripted-transport.ts';

const call: Message = { method: 'tools/call', params: { name: 'any', arguments: {} } };
const isAnswer = (message: JsonRpcMessage): boolean => !('method' in message);
const asks: JsonRpcMessage = { jsonrpc: '2.0', id: 'q', method: 'roots/list' };

/** Answers everything but calls of tools. */
const patient = (): ScriptedTransport =>
  new ScriptedTransport(({ id, method }, self) => {
    if (method !== 'tools/call') self.onmessage?.({ jsonrpc: '2.0', id, result: {} });
  });

/** A client that asks and then reads nothing. */
async function deaf(
  url: string,
  method: string,
  headers: Record<string, string>,
  body?: object,
): Promise<IncomingMessage> {
  const request = httpRequest(url, {
    method,
    headers: {
      accept: 'application/json, text/event-stream',
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
  });
  onTestFinished(() => void request.destroy());
  request.on('error', () => {}); // it is cut
  request.end(body && JSON.stringify({ jsonrpc: '2.0', ...body }));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {}); // it is cut
  return response;
}

describe('the stream of a call in a session', () => {
  it('ends when its client cancels the call: no answer will come', async () => {
    const transport = patient();
    const { url } = await listenWith([transport], { maxOpenRequests: 2 });
    const session = await openSession(url);
    for (const id of [1, 2, 3]) {
      const stream = await post(url, { id, ...call }, session);
      expect(stream.status).toBe(200);
      const cancelled = { method: 'notifications/cancelled', params: { requestId: id } };
      expect((await post(url, cancelled, session)).status).toBe(202);
      expect(await messages(stream)).toEqual([]);
    }
    transport.onmessage?.({ jsonrpc: '2.0', id: 3, result: {} });
    expect((await answer(post(url, { id: 3, method: 'ping' }, session))).body).toMatchObject({ id: 3 });
  });
});

describe('a request whose id no answer over Nostr could carry', () => {
  it('is refused in a session, and answered outside of one', async () => {
    const { url } = await listenWith([
      new ScriptedTransport(({ id }, self) => self.onmessage?.({ jsonrpc: '2.0', id, result: {} })),
    ]);
    const session = await openSession(url);
    const id = 'x'.repeat(257);
    const invalid = { status: 400, body: { error: { code: -32_600 } } };
    expect(await answer(post(url, { id, method: 'ping' }, session))).toMatchObject(invalid);
    const ok = { status: 200, body: { id, result: {} } };
    expect(await answer(postModern(url, { id, ...call }))).toMatchObject(ok);
  });
});

describe('a server that asks a session', () => {
  it('hears it at once when the client has left the call that it asks for', async () => {
    const transport = patient();
    const { url } = await listenWith([transport]);
    const session = await openSession(url);
    const abort = new AbortController();
    const stream = await post(url, { id: 1, ...call }, session, abort.signal);
    const left = stream.text().catch(() => 'left');
    await transport.sent.first((message) => 'id' in message && message.id === 1);
    abort.abort();
    await left;
    // Only when the listener knows: until then it asks who has gone.
    await expect
      .poll(() => {
        transport.onmessage?.(asks, { relatedRequestId: 1 });
        return transport.sent.items.some(isAnswer);
      })
      .toBe(true);
    expect(transport.sent.items.find(isAnswer)).toMatchObject({
      id: 'q',
      error: { data: { code: 'outcome_unknown' } },
    });
  });

  it('hears it at once when nobody listens', async () => {
    const transport = patient();
    const { url } = await listenWith([transport]);
    await openSession(url);
    transport.onmessage?.(asks);
    expect(await transport.sent.first(isAnswer)).toMatchObject({ id: 'q', error: {} });
  });

  it('reaches the client that listens beside its calls', async () => {
    const transport = patient();
    const { url } = await listenWith([transport]);
    const session = await openSession(url);
    const stream = await fetch(url, { headers: { ...session, accept: 'text/event-stream' } });
    const reader = stream.body!.getReader();
    transport.onmessage?.(asks);
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toContain('roots/list');
    expect(transport.sent.items.some(isAnswer)).toBe(false);
    await reader.cancel();
  });
});

describe('a client that does not read', () => {
  const news = (): JsonRpcMessage => ({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level: 'info', data: 'x'.repeat(1_000_000) },
  });

  it.each(['GET', 'POST'])('is cut off its session (%s)', async (method) => {
    const transport = patient();
    const { url } = await listenWith([transport], { maxUnreadBytes: 4_000_000 });
    const session = await openSession(url);
    const stream = await deaf(url, method, session, method === 'POST' ? { id: 1, ...call } : undefined);
    const cut = new Promise((resolve) => stream.once('close', resolve));
    for (let i = 0; i < 40; i++)
      transport.onmessage?.(news(), method === 'POST' ? { relatedRequestId: 1 } : {});
    stream.resume(); // to see the end
    await cut;
    expect(stream.complete).toBe(false);
    expect((await answer(post(url, { id: 2, method: 'ping' }, session))).body).toMatchObject({ id: 2 });
  });

  it('has its call cancelled', async () => {
    const transport = patient();
    const { url } = await listenWith([transport], { maxUnreadBytes: 4_000_000 });
    const reading = postModern(url, { id: 1, ...call });
    await transport.sent.first();
    transport.onmessage?.(news(), { relatedRequestId: 1 });
    const stream = await reading;
    for (let i = 0; i < 40; i++) transport.onmessage?.(news(), { relatedRequestId: 1 });
    expect(
      await transport.sent.first((message) => 'method' in message && message.method !== 'tools/call'),
    ).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await expect(stream.text()).rejects.toThrow();
  });

  it('is not taken for one that reads a large answer', async () => {
    const transport = new ScriptedTransport(({ id }, self) => {
      self.onmessage?.(news(), { relatedRequestId: id });
      self.onmessage?.({ jsonrpc: '2.0', id, result: { content: ['y'.repeat(10_000_000)] } });
    });
    const { url } = await listenWith([transport]);
    expect(await messages(await postModern(url, { id: 1, ...call }))).toHaveLength(2);
  });
});

describe('a session that its client has left', () => {
  it('ends after a while, even if a call of it is never answered', async () => {
    const transport = patient();
    const sessionIdleMs = 10_000;
    const { url } = await listenWith([transport], { sessionIdleMs, sweepMs: 5 });
    const session = await openSession(url);
    const abort = new AbortController();
    const stream = await post(url, { id: 1, ...call }, session, abort.signal);
    const left = stream.text().catch(() => 'left');
    expect(stream.status).toBe(200);
    abort.abort();
    await left;
    const leap = leapingClock();
    await expect
      .poll(() => {
        leap(sessionIdleMs + 1);
        return transport.isClosed;
      })
      .toBe(true);
  });
});

describe('a request whose body is still coming when the listener closes', () => {
  it('opens nothing any more', async () => {
    const { url, opened, close } = await (async () => {
      const listener = await listenWith([patient()]);
      return { url: listener.url, opened: listener.opened, close: () => listener.close() };
    })();
    const request = httpRequest(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'content-length': '200',
      },
    });
    const response = once(request, 'response') as Promise<[IncomingMessage]>;
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'n', version: '0' } },
    });
    request.write(body);
    const other = await post(url, { id: 1, method: 'ping' }); // by then the first has come in
    expect(other.status).toBe(400);
    const closed = close();
    request.end(' '.repeat(200 - body.length));
    const [{ statusCode }] = await response;
    await closed;
    expect([statusCode, opened()]).toEqual([503, 0]);
  });
});
