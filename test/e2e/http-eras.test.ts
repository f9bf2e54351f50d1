import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { DualEraServer } from '../helpers/dual-era-server.ts';
import { type HttpEnd, listen } from '../helpers/http-world.ts';
import { leapingClock } from '../helpers/leaping-clock.ts';
import { legs } from '../helpers/legs.ts';
import {
  answer,
  initialize,
  type Message,
  messages,
  modernMeta,
  openSession,
  post,
  postModern,
} from '../helpers/raw-http.ts';
import { sharedWorld, withWorld, World } from '../helpers/world.ts';

const [leg] = legs;
const dual = new DualEraServer();
const world = sharedWorld(leg!, dual.create);
const echo: Message = { method: 'tools/call', params: { name: 'echo', arguments: { text: 'hi' } } };

describe('a session of the old era', () => {
  let end: HttpEnd;

  it('is named by its header, ends with DELETE, and is unknown then', async () => {
    end = await listen(world);
    const session = await openSession(end.url);
    const ping = { id: '0', method: 'ping' };
    expect(await answer(post(end.url, ping, session))).toEqual({
      status: 200,
      body: { jsonrpc: '2.0', id: '0', result: {} },
    });
    expect((await post(end.url, ping)).status).toBe(400);
    expect((await fetch(end.url, { headers: { accept: 'text/event-stream' } })).status).toBe(400);
    expect(await answer(post(end.url, ping, { 'mcp-session-id': 'other' }))).toMatchObject({
      status: 404,
      body: { error: { code: -32_001 } },
    });
    const wrong = { ...session, 'mcp-protocol-version': '1999-01-01' };
    expect((await post(end.url, ping, wrong)).status).toBe(400);
    const closed = dual.closed.next();
    expect((await fetch(end.url, { method: 'DELETE', headers: session })).status).toBe(200);
    await closed;
    expect((await post(end.url, ping, session)).status).toBe(404);
    expect((await fetch(end.url, { method: 'DELETE', headers: session })).status).toBe(404);
  });

  it('has on the stream of a call what belongs to that call, and the rest on its own', async () => {
    end = await listen(world);
    const session = await openSession(end.url);
    const call = (id: number): Promise<Response> =>
      post(
        end.url,
        {
          id,
          method: 'tools/call',
          params: { name: 'progress', arguments: { steps: id }, _meta: { progressToken: `p${id}` } },
        },
        session,
      );
    const [one, two] = await Promise.all((await Promise.all([call(1), call(2)])).map(messages));
    const progress = { method: 'notifications/progress' };
    expect(one).toMatchObject([{ ...progress, params: { progressToken: 'p1' } }, { id: 1 }]);
    expect(two).toMatchObject([
      { ...progress, params: { progressToken: 'p2', progress: 1 } },
      { ...progress, params: { progressToken: 'p2', progress: 2 } },
      { id: 2 },
    ]);
  });

  it('has no id when initialize is not what it should be', async () => {
    end = await listen(world, { limits: { maxSessions: 1 } });
    const refused = await post(end.url, initialize, { accept: 'application/json' });
    expect([refused.status, refused.headers.get('mcp-session-id')]).toEqual([406, null]);
    expect((await post(end.url, initialize)).status).toBe(200);
  });

  it('ends when nobody uses it, and the server is told', async () => {
    // A server of its own: another's may hear only now that an earlier test is over.
    const own = new DualEraServer();
    const { server } = await world.serve(own.create);
    end = await listen(world, { server: server.address, limits: { sessionIdleMs: 1, sweepMs: 5 } });
    const session = await openSession(end.url);
    await own.closed.first();
    expect((await post(end.url, { id: 1, method: 'ping' }, session)).status).toBe(404);
  });

  it('stays while its stream is open', () =>
    // A world of its own: in that of the others the time would go back when this is over.
    withWorld(new World(leg!, dual.create), async (own) => {
      const sessionIdleMs = 5_000; // as long as a slow machine takes from the session to its stream
      end = await listen(own, { limits: { sessionIdleMs, sweepMs: 5 } });
      const session = await openSession(end.url);
      const stream = await fetch(end.url, { headers: { ...session, accept: 'text/event-stream' } });
      const other = await openSession(end.url);
      const leap = leapingClock();
      const statusAfterAWhile = async (): Promise<number> => {
        leap(sessionIdleMs + 1);
        await sleep(10); // The listener looks around before that.
        return (await post(end.url, { id: 1, method: 'ping' }, other)).status;
      };
      await expect.poll(statusAfterAWhile).toBe(404);
      dual.changeTools();
      const reader = stream.body!.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toContain('list_changed');
      await reader.cancel();
    }));
});

describe('a call of the new era', () => {
  let end: HttpEnd;

  it('is answered as JSON, with its own id, and needs no session', async () => {
    end = await listen(world);
    for (const id of [0, '0', 'x']) {
      const response = await postModern(end.url, { ...echo, id });
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('mcp-session-id')).toBeNull();
      expect(await response.json()).toMatchObject({ id, result: { content: [{ text: 'hi' }] } });
    }
    expect(dual.made.items.at(-1)).toBe('modern');
  });

  it('becomes a stream with its first notification, under the token of its own', async () => {
    end = await listen(world);
    const call = {
      method: 'tools/call',
      params: { name: 'progress', arguments: { steps: 2 }, _meta: { progressToken: 'p' } },
    };
    const responses = await Promise.all([postModern(end.url, call), postModern(end.url, call)]);
    for (const response of responses) {
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(await messages(response)).toMatchObject([
        { method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } },
        { method: 'notifications/progress', params: { progressToken: 'p', progress: 2 } },
        { id: 1, result: {} },
      ]);
    }
  });

  it.each([
    ['an unknown method', { id: 5, method: 'no/such' }, {}, 404, -32_601],
    [
      'a version that the server does not speak',
      {
        id: 5,
        method: 'tools/list',
        params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
      },
      { 'mcp-protocol-version': '2099-01-01' },
      400,
      -32_022,
    ],
    [
      'a header that names another version',
      { id: 5, method: 'tools/list' },
      { 'mcp-protocol-version': '2025-11-25' },
      400,
      -32_020,
    ],
    [
      'a header that names another method',
      { id: 5, method: 'tools/list' },
      { 'mcp-method': 'ping' },
      400,
      -32_020,
    ],
    ['a header that names another tool', { ...echo, id: 5 }, { 'mcp-name': 'fail' }, 400, -32_020],
    ['a tool that there is not', { id: 5, method: 'tools/call', params: { name: 'none' } }, {}, 200, -32_602],
  ] as [string, Message, Record<string, string>, number, number][])(
    'has the status that MCP fixes: %s',
    async (_name, message, headers, status, code) => {
      end = await listen(world);
      expect(await answer(postModern(end.url, message, headers))).toMatchObject({
        status,
        body: { id: 5, error: { code } },
      });
    },
  );

  it('repeats in headers the arguments that a tool wants there, as soon as its schema has passed through', async () => {
    end = await listen(world);
    const call = { method: 'tools/call', params: { name: 'place', arguments: { region: 'eu' } } };
    expect((await postModern(end.url, call)).status).toBe(200);
    expect((await postModern(end.url, { method: 'tools/list' })).status).toBe(200);
    expect(await answer(postModern(end.url, call))).toMatchObject({
      status: 400,
      body: { id: 1, error: { code: -32_020, message: expect.stringContaining('Mcp-Param-Region') } },
    });
    expect((await postModern(end.url, call, { 'mcp-param-region': 'eu' })).status).toBe(200);
  });

  it('says of itself what a header promises', async () => {
    end = await listen(world);
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
    expect(await answer(post(end.url, { id: 5, method: 'tools/list', params: {} }, headers))).toMatchObject({
      status: 400,
      body: { id: 5, error: { code: -32_602 } },
    });
    const silent = await post(end.url, { id: 5, method: 'tools/list', params: { _meta: modernMeta } });
    expect([silent.status, await silent.json()]).toMatchObject([400, { id: 5, error: { code: -32_020 } }]);
  });

  it('is refused in another version after it was served in one', async () => {
    end = await listen(world);
    expect((await postModern(end.url, echo)).status).toBe(200);
    const closed = dual.closed.next();
    const other = { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' };
    const { status } = await postModern(
      end.url,
      { ...echo, params: { ...echo.params, _meta: other } },
      { 'mcp-protocol-version': '2099-01-01' },
    );
    expect(status).toBe(400);
    expect(await closed).toBe('closed'); // the connection that was good for nothing
    expect((await postModern(end.url, echo)).status).toBe(200);
  });

  it('has notifications taken and not answered, and no cancellation of others', async () => {
    end = await listen(world);
    const abort = new AbortController();
    const wait = {
      id: 1,
      method: 'tools/call',
      params: { name: 'wait', arguments: { name: 'kept' }, _meta: { progressToken: 1 } },
    };
    const waiting = await postModern(end.url, wait, {}, abort.signal);
    await dual.started.first((name) => name === 'kept');
    const cancelled = { method: 'notifications/cancelled', params: { requestId: 1, _meta: modernMeta } };
    const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'notifications/cancelled' };
    const response = await post(end.url, cancelled, modern);
    expect([response.status, await response.text()]).toEqual([202, '']);
    expect((await postModern(end.url, echo)).status).toBe(200);
    expect(dual.aborted.items).not.toContain('kept');
    abort.abort();
    await dual.aborted.first((name) => name === 'kept');
    await waiting.body?.cancel().catch(() => {});
  });

  it('keeps a subscription alive with comments, tells its id, and is the first to say so', async () => {
    end = await listen(world, { limits: { keepAliveMs: 10 } });
    const abort = new AbortController();
    const params = { notifications: { toolsListChanged: true } };
    const listening = await postModern(
      end.url,
      { id: 'listen:0', method: 'subscriptions/listen', params },
      {},
      abort.signal,
    );
    const reader = listening.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (part: string): Promise<void> => {
      while (!text.includes(part)) text += (await reader.read()).value;
    };
    await until(': keepalive');
    dual.changeTools();
    await until('notifications/tools/list_changed');
    const data = [...text.matchAll(/^data: (.+)$/gm)].map(([, json = '']) => JSON.parse(json) as Message);
    expect(data).toMatchObject([
      {
        method: 'notifications/subscriptions/acknowledged',
        params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'listen:0' } },
      },
      {
        method: 'notifications/tools/list_changed',
        params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'listen:0' } },
      },
    ]);
    abort.abort();
  });
});
