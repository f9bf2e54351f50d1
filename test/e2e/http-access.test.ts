import { describe, expect, it } from 'vitest';

import { DualEraServer } from '../helpers/dual-era-server.ts';
import { type HttpEnd, listen } from '../helpers/http-world.ts';
import { legs } from '../helpers/legs.ts';
import {
  answer,
  initialize,
  type Message,
  openSession,
  post,
  postModern,
  statusWith,
} from '../helpers/raw-http.ts';
import { sharedWorld } from '../helpers/world.ts';

const [leg] = legs;
const dual = new DualEraServer();
const world = sharedWorld(leg!, dual.create);
const discover: Message = { id: 'a', method: 'server/discover' };
const echo: Message = { method: 'tools/call', params: { name: 'echo', arguments: { text: 'hi' } } };

describe('who may call', () => {
  let end: HttpEnd;
  const token = 'correct-horse-battery';
  const authorization = `Bearer ${token}`;
  const open = (): Promise<HttpEnd> =>
    listen(world, { token, corsOrigins: ['https://app.example'], limits: { maxBodyBytes: 2_000 } });

  it('nobody without the token, nor with another', async () => {
    end = await open();
    for (const header of [undefined, 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`, token]) {
      const response = await postModern(
        end.url,
        discover,
        header === undefined ? {} : { authorization: header },
      );
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.text()).not.toContain(token);
    }
    expect((await fetch(end.url)).status).toBe(401);
    expect((await postModern(end.url, discover, { authorization })).status).toBe(200);
    expect((await postModern(end.url, discover, { authorization: `bearer ${token}` })).status).toBe(200);
    expect(end.log.items.join('\n')).not.toContain(token);
  });

  it('no page whose name was rebound to this machine, and none of a foreign origin', async () => {
    end = await open();
    const { port } = end.listener;
    const own = { authorization };
    expect(await statusWith(end.url, { ...own, host: 'evil.example' }, initialize)).toBe(403);
    expect(await statusWith(end.url, { ...own, host: `evil.example:${port}` }, initialize)).toBe(403);
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example'])
      expect((await post(end.url, initialize, { ...own, origin })).status).toBe(403);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`])
      expect(await statusWith(end.url, { ...own, host, origin: `http://${host}` }, initialize)).toBe(200);
  });

  it('pages of the origins that were allowed, after a preflight that needs no token', async () => {
    end = await open();
    const preflight = await fetch(end.url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,mcp-param-region',
      },
    });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-headers': 'authorization,content-type,mcp-param-region',
      'access-control-allow-methods': expect.stringContaining('DELETE'),
      vary: 'Origin',
    });
    const response = await post(end.url, initialize, { authorization, origin: 'https://app.example' });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('access-control-expose-headers')).toContain('Mcp-Session-Id');
    const refused = await post(end.url, initialize, { origin: 'https://app.example' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://app.example',
    ]);
    const local = await post(end.url, initialize, { authorization, origin: 'http://localhost:1234' });
    expect([local.status, local.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    const foreign = { method: 'OPTIONS', headers: { origin: 'http://localhost:1234' } };
    expect((await fetch(end.url, foreign)).status).toBe(405);
  });

  it('nobody with a body beyond the bound, and the others go on', async () => {
    end = await open();
    const large = { ...echo, params: { name: 'echo', arguments: { text: 'x'.repeat(3_000) } } };
    const { status, body } = await answer(postModern(end.url, large, { authorization }));
    expect(status).toBe(413);
    expect(JSON.stringify(body)).toContain('2000 bytes');
    expect((await postModern(end.url, echo, { authorization })).status).toBe(200);
  });
});

describe('what is no call', () => {
  let end: HttpEnd;

  it.each([
    ['no JSON', 'nonsense', {}, 400, -32_700],
    ['no message', '{"jsonrpc":"2.0"}', {}, 400, -32_600],
    ['an empty batch', '[]', {}, 400, -32_600],
    ['no JSON by its type', '{}', { 'content-type': 'text/plain' }, 415, -32_000],
  ] as const)('%s', async (_name, body, headers, status, code) => {
    end = await listen(world);
    expect(await answer(post(end.url, body, headers))).toMatchObject({ status, body: { error: { code } } });
  });

  it('other paths and methods', async () => {
    end = await listen(world);
    expect((await fetch(new URL('/', end.url))).status).toBe(404);
    const put = await fetch(end.url, { method: 'PUT', body: '{}' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
  });

  it('more sessions than there is room for, until one of them is not in use', async () => {
    end = await listen(world, { limits: { maxSessions: 2 } });
    const sessions = [await openSession(end.url), await openSession(end.url)];
    const [stream, other] = await Promise.all(sessions.map((session) => listenTo(end, session)));
    expect(await answer(post(end.url, initialize))).toMatchObject({
      status: 503,
      body: { error: { message: expect.stringContaining('2 sessions') } },
    });
    await stream!.body?.cancel();
    await expect.poll(async () => (await post(end.url, initialize)).status, patience).toBe(200);
    const statuses = sessions.map(async (session) => (await post(end.url, ping, session)).status);
    expect(await Promise.all(statuses)).toEqual([404, 200]);
    // Held to here: the garbage collector ends a response that nobody holds, and its stream with it.
    await other!.body?.cancel();
  });

  it('more requests at once than there is room for, until one has ended', async () => {
    end = await listen(world, { limits: { maxOpenRequests: 1 } });
    const stream = await listenTo(end, await openSession(end.url));
    expect(await answer(postModern(end.url, echo))).toMatchObject({
      status: 503,
      body: { error: { message: expect.stringContaining('1 requests') } },
    });
    await stream.body?.cancel();
    await expect.poll(async () => (await postModern(end.url, echo)).status, patience).toBe(200);
  });
});

/** The end of a stream is seen at its other end a little later. */
const patience = { timeout: 10_000 };
const ping: Message = { id: 1, method: 'ping' };

/** The stream on which a session's server speaks of its own accord. */
function listenTo(end: HttpEnd, session: Record<string, string>): Promise<Response> {
  return fetch(end.url, { headers: { ...session, accept: 'text/event-stream' } });
}
