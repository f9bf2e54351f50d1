import { type FailureCode, failureResponse, type JsonRpcMessage } from '@mcp-nostr/core';
import { TransportError } from '@mcp-nostr/transport';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it } from 'vitest';

import { DualEraServer } from '../helpers/dual-era-server.ts';
import { listen, listenWith } from '../helpers/http-world.ts';
import {
  answer,
  initialize,
  type Message,
  messages,
  openSession,
  post,
  postModern,
} from '../helpers/raw-http.ts';
import { Recorder } from '../helpers/recorder.ts';
import { calmLegs, serveWithKey } from '../helpers/restart.ts';
import { ScriptedTransport } from '../helpers/scripted-transport.ts';
import { World, withWorld } from '../helpers/world.ts';

const echo: Message = { method: 'tools/call', params: { name: 'echo', arguments: { text: 'hi' } } };
const isAnswer = (message: JsonRpcMessage): boolean => !('method' in message);
const hello = { content: [{ text: 'hi' }] };
const ok = { resultType: 'complete', content: [] };

const failing = (code: FailureCode): ScriptedTransport =>
  new ScriptedTransport(({ id }, self) => self.onmessage?.(failureResponse(id, code, `it is ${code}`)));
const working = (): ScriptedTransport =>
  new ScriptedTransport(({ id }, self) => self.onmessage?.({ jsonrpc: '2.0', id, result: ok }));
const mute = (): ScriptedTransport => new ScriptedTransport(() => {});

describe('when the way to the server fails', () => {
  it.each([
    ['relays_unreachable', 503],
    ['server_silent', 504],
    ['outcome_unknown', 502],
    ['server_failed', 502],
    ['busy', 503],
    ['not_allowed', 403],
    ['message_too_large', 413],
    ['signer_failed', 500],
  ] as const)('a call says why, with a status for it: %s', async (code, status) => {
    const { url } = await listenWith([failing(code)]);
    expect(await answer(postModern(url, { ...echo, id: 'x' }))).toMatchObject({
      status,
      body: { id: 'x', error: { message: `it is ${code}`, data: { code } } },
    });
  });

  it.each(['2026-07-28', '2025-11-25'])('a request that is not even sent says why: %s', async (version) => {
    const transport = new ScriptedTransport(() => {});
    transport.send = async () => {
      throw new TransportError('server_silent', 'nobody there', { data: { relays: 'ws://one' } });
    };
    const { url } = await listenWith([transport]);
    const isModern = version === '2026-07-28';
    const pending = isModern ? postModern(url, { id: 0, method: 'server/discover' }) : post(url, initialize);
    expect(await answer(pending)).toMatchObject({
      status: isModern ? 504 : 200,
      body: {
        id: 0,
        error: { message: 'nobody there', data: { code: 'server_silent', relays: 'ws://one' } },
      },
    });
  });

  it('a session says so on its stream, and is over', async () => {
    const { url } = await listenWith([failing('server_silent'), working()]);
    const response = await post(url, initialize);
    const id = response.headers.get('mcp-session-id') ?? '';
    expect(await response.text()).toContain('it is server_silent');
    expect((await post(url, { id: 1, method: 'ping' }, { 'mcp-session-id': id })).status).toBe(404);
    expect((await answer(post(url, initialize))).body).toMatchObject({ result: ok });
  });

  it('a connection that does not start fails its calls, and the next call opens another', async () => {
    const start = async (): Promise<void> => {
      throw new Error('no relay list');
    };
    const { url, opened } = await listenWith([new ScriptedTransport(() => {}, start), working()]);
    expect(await answer(postModern(url, echo))).toMatchObject({
      status: 503,
      body: { error: { message: 'no relay list', data: { code: 'relays_unreachable' } } },
    });
    expect((await postModern(url, echo)).status).toBe(200);
    expect(opened()).toBe(2);
  });

  it.each(['2026-07-28', '2025-11-25'])(
    'one that is lost fails its calls, and leaves none waiting: %s',
    async (version) => {
      const isModern = version === '2026-07-28';
      const lost = new ScriptedTransport(({ id, method }, self) => {
        if (method === 'initialize') self.onmessage?.({ jsonrpc: '2.0', id, result: ok });
        else self.onclose?.();
      });
      const { url } = await listenWith([lost, working()]);
      const session = isModern ? {} : await openSession(url);
      const call = isModern ? postModern(url, echo) : post(url, { id: 1, ...echo }, session);
      expect(await answer(call)).toMatchObject({
        status: isModern ? 502 : 200,
        body: { error: { data: { code: 'outcome_unknown' } } },
      });
      const again = isModern ? await postModern(url, echo) : await post(url, { id: 2, ...echo }, session);
      expect(again.status).toBe(isModern ? 200 : 404); // 404: the client is to initialize anew
    },
  );

  it('a client that finds out the version does not take an outage for an old server', async () => {
    const down = failing('server_silent');
    const { url } = await listenWith([down]);
    const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const failure: unknown = await client
      .connect(new StreamableHTTPClientTransport(new URL(url)))
      .catch((error: unknown) => error);
    expect(String(failure)).toContain('504');
    expect(down.sent.items).toMatchObject([{ method: 'server/discover' }]);
  });

  it('a server that asks where nobody can be asked is told so', async () => {
    const asking = new ScriptedTransport(({ id }, self) => {
      if (id !== 1) return;
      self.onmessage?.(
        { jsonrpc: '2.0', id: 'q', method: 'sampling/createMessage' },
        { relatedRequestId: id },
      );
      self.onmessage?.({ jsonrpc: '2.0', id, result: ok });
    });
    const { url } = await listenWith([asking]);
    expect(await answer(postModern(url, echo))).toEqual({
      status: 200,
      body: { jsonrpc: '2.0', id: 1, result: ok },
    });
    expect(await asking.sent.first(isAnswer)).toMatchObject({ id: 'q', error: { code: -32_601 } });
  });

  it('what the server relates to no call reaches none', async () => {
    const chatty = new ScriptedTransport(({ id }, self) => {
      const log: JsonRpcMessage = {
        jsonrpc: '2.0',
        method: 'notifications/message',
        params: { data: 'secret' },
      };
      self.onmessage?.(log);
      self.onmessage?.(log, { relatedRequestId: 99 });
      self.onmessage?.({ jsonrpc: '2.0', id, result: ok });
    });
    const { url } = await listenWith([chatty]);
    expect(await (await postModern(url, echo)).text()).not.toContain('secret');
  });
});

describe('where the server does not say', () => {
  it('what it asks is asked on the stream of the newest call of the session, where a client listens for sure', async () => {
    const asking = new ScriptedTransport(({ id, method }, self) => {
      if (method === 'tools/call') self.onmessage?.({ jsonrpc: '2.0', id: 'q', method: 'roots/list' });
      self.onmessage?.({ jsonrpc: '2.0', id, result: ok });
    });
    const { url } = await listenWith([asking]);
    const session = await openSession(url);
    expect(await messages(await post(url, { id: 1, ...echo }, session))).toMatchObject([
      { id: 'q' },
      { id: 1 },
    ]);
    expect((await post(url, { id: 'q', result: { roots: [] } }, session)).status).toBe(202);
    expect(await asking.sent.first(isAnswer)).toMatchObject({ id: 'q', result: { roots: [] } });
  });

  it('that a subscription is over but by cancelling it, its stream ends', async () => {
    const ending = new ScriptedTransport(({ id }, self) =>
      self.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }),
    );
    const { url } = await listenWith([ending]);
    const listening = await postModern(url, { id: 'listen:0', method: 'subscriptions/listen' });
    expect(await messages(listening)).toMatchObject([{ params: { requestId: 'listen:0' } }]);
  });
});

describe('when there is no room for another protocol version', () => {
  it('its calls are refused until one that nobody uses can go', async () => {
    const inTurn = Array.from({ length: 4 }, () => mute());
    const { url, opened } = await listenWith([...inTurn, working()]);
    const call = (version: string): Promise<Response> => {
      const meta = { 'io.modelcontextprotocol/protocolVersion': version };
      const params = { ...echo.params, _meta: meta };
      return postModern(url, { ...echo, params }, { 'mcp-protocol-version': version });
    };
    const waiting = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'].map((version) =>
      answer(call(version)),
    );
    await Promise.all(inTurn.map(({ sent }) => sent.first()));
    expect((await call('2026-01-05')).status).toBe(503);
    inTurn[1]!.onmessage?.({ jsonrpc: '2.0', id: 1, result: ok });
    expect((await waiting[1])?.status).toBe(200);
    expect((await call('2026-01-05')).status).toBe(200);
    expect([opened(), inTurn.map(({ isClosed }) => isClosed)]).toEqual([5, [false, true, false, false]]);
    for (const each of inTurn) each.onclose?.();
    await Promise.all(waiting);
  });
});

describe('when the listener closes', () => {
  it('what is under way is answered, and closing twice is closing once', async () => {
    const transports = [mute(), mute()];
    const listener = await listenWith(transports);
    const call = answer(postModern(listener.url, echo));
    await transports[0]!.sent.first();
    const session = await post(listener.url, initialize);
    const closed = Promise.all([listener.close(), listener.close()]);
    expect(await session.text()).toContain('mcp-nostr was stopped');
    expect(await call).toMatchObject({
      status: 502,
      body: { error: { message: 'mcp-nostr was stopped', data: { code: 'outcome_unknown' } } },
    });
    await closed;
    expect(transports.every(({ isClosed }) => isClosed)).toBe(true);
    await expect(postModern(listener.url, echo)).rejects.toThrow('fetch failed');
  });
});

describe('when an HTTP client goes', () => {
  it('a session stays: its call is executed, and its answer is nobody fault', () =>
    withWorld(new World(calmLegs[0]!), async (world) => {
      const end = await listen(world);
      const session = await openSession(end.url);
      const abort = new AbortController();
      const wait = { id: 1, method: 'tools/call', params: { name: 'wait', arguments: { name: 'w' } } };
      const gone = post(end.url, wait, session, abort.signal).then((response) => response.text());
      gone.catch(() => {}); // it is cut
      await world.fixture.started.first();
      abort.abort();
      await expect(gone).rejects.toThrow(/abort/i);
      world.fixture.release('w');
      const next = { id: 2, method: 'tools/call', params: { name: 'echo', arguments: { text: 'hi' } } };
      expect(await answer(post(end.url, next, session))).toMatchObject({ body: { id: 2, result: hello } });
      expect(world.fixture.aborted.count).toBe(0);
    }));

  it('a server that asked it hears that it has gone', async () => {
    const asking = new ScriptedTransport(({ id, method }, self) => {
      self.onmessage?.({ jsonrpc: '2.0', id, result: ok });
      if (method !== 'tools/call') return;
      self.onmessage?.({ jsonrpc: '2.0', id: 'q', method: 'roots/list' }, { relatedRequestId: id });
    });
    const { url } = await listenWith([asking]);
    await answer(post(url, { id: 1, ...echo }, await openSession(url)));
    expect(await asking.sent.first(isAnswer)).toMatchObject({
      id: 'q',
      error: { data: { code: 'outcome_unknown' } },
    });
  });
});

describe('when the server or its relay is started again', () => {
  it('calls and sessions go on', () =>
    withWorld(new World(calmLegs[0]!), async (world) => {
      const before = new DualEraServer();
      const { server, again } = await serveWithKey(world, before.create);
      const end = await listen(world, { server: server.address });
      const old = new Client1({ name: 'old', version: '1' });
      await old.connect(new Http1(end.url));
      const modern = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      await modern.connect(new StreamableHTTPClientTransport(end.url));
      // A list may be asked for again where nobody knows what became of the request; a call may not.
      const listBoth = (): Promise<unknown> => Promise.all([old.listTools(), modern.listTools()]);
      const tools = { tools: expect.arrayContaining([expect.objectContaining({ name: 'echo' })]) };
      expect(await listBoth()).toMatchObject([tools, tools]);
      const after = new DualEraServer();
      await again(after.create);
      expect(await listBoth()).toMatchObject([tools, tools]);
      expect(new Set(after.made.items)).toEqual(new Set(['legacy', 'modern']));
      await world.restartRelay(0);
      expect(await listBoth()).toMatchObject([tools, tools]);
      await Promise.all([old.close(), modern.close()]);
    }));

  it('a subscription goes on through a restart of the relay', () =>
    withWorld(new World(calmLegs[0]!), async (world) => {
      const dual = new DualEraServer();
      const { server } = await serveWithKey(world, dual.create);
      const end = await listen(world, { server: server.address });
      const heard = new Recorder<string>('news of tools');
      const client = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      client.setNotificationHandler('notifications/tools/list_changed', () => heard.add('tools'));
      await client.connect(new StreamableHTTPClientTransport(end.url));
      await client.listen({ toolsListChanged: true });
      await world.restartRelay(0);
      dual.changeTools();
      expect(await heard.first()).toBe('tools');
      await client.close();
    }));
});
