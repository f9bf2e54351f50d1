import type { NostrServer } from '@mcp-nostr/server';
import type { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it } from 'vitest';

import {
  ask,
  connect2,
  type Connected2,
  modernMeta,
  type Connect2Options,
  rawClient,
} from '../helpers/eras.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { Fixture2 } from '../helpers/fixture-server-2.ts';
import { Recorder } from '../helpers/recorder.ts';
import { calmLegs, serveWithKey } from '../helpers/restart.ts';
import { withWorld, World } from '../helpers/world.ts';

const TOOLS = 'notifications/tools/list_changed';
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/** A client and the news that it hears. */
async function listener(
  world: World,
  options: Connect2Options = {},
): Promise<Connected2 & { news: Recorder<string> }> {
  const news = new Recorder<string>('news of the server');
  const connected = await connect2(world, {
    ...options,
    prepare: (client) => {
      client.setNotificationHandler(TOOLS, () => news.add('tools'));
      client.setNotificationHandler('notifications/prompts/list_changed', () => news.add('prompts'));
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => news.add(params.uri));
    },
  });
  return { ...connected, news };
}

function announce(server: NostrServer<McpServer>): void {
  for (const mcp of server.servers) mcp.sendToolListChanged();
}

describe.concurrent.each(calmLegs.slice(0, 1))('a subscription, $name', (leg) => {
  it('is acknowledged first, and then hears what it asked for and the server has', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, { serveStdio });
      const raw = await rawClient(world, { server: server.address });
      const wanted = { toolsListChanged: true, resourceSubscriptions: ['fixture://text'] };
      await raw.send({
        jsonrpc: '2.0',
        id: 'mine',
        method: 'subscriptions/listen',
        params: { notifications: wanted, _meta: modernMeta },
      });
      await raw.received.reached(1);
      const [mcp] = server.servers;
      mcp?.sendPromptListChanged();
      await mcp?.server.sendResourceUpdated({ uri: 'fixture://other' });
      await mcp?.server.sendResourceUpdated({ uri: 'fixture://text' });
      announce(server);
      await ask(raw, 1, 'tools/list');
      const meta = { [SUBSCRIPTION]: 'mine' };
      expect(raw.received.items.slice(0, -1)).toEqual([
        {
          jsonrpc: '2.0',
          method: 'notifications/subscriptions/acknowledged',
          params: { notifications: wanted, _meta: meta },
        },
        {
          jsonrpc: '2.0',
          method: 'notifications/resources/updated',
          params: { uri: 'fixture://text', _meta: meta },
        },
        { jsonrpc: '2.0', method: TOOLS, params: { _meta: meta } },
      ]);
    }));

  it('hears what was changed over another connection, as sessions of the old era do', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, { serveStdio });
      fixture.ongrown = () => announce(server);
      const address = { server: server.address };
      const modern = await listener(world, address);
      const legacy = await listener(world, { ...address, mode: 'legacy' });
      const deaf = await listener(world, address);
      await modern.client.listen({ toolsListChanged: true });
      const { client } = await connect2(world, address);
      await client.callTool({ name: 'grow' });
      await Promise.all([modern.news.first(), legacy.news.first()]);
      await Promise.all([modern, deaf].map(async (each) => each.client.callTool({ name: 'who' })));
      await legacy.client.ping();
      expect([modern, legacy, deaf].map(({ news }) => news.items)).toEqual([['tools'], ['tools'], []]);
    }));

  it('has its equal with servers of SDK 1.x: the handle reaches all of them', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve(new Fixture().create);
      const listeners = await Promise.all([1, 2].map(() => listener(world, { server: server.address })));
      expect(server.servers).toHaveLength(2);
      for (const mcp of server.servers) mcp.sendToolListChanged();
      for (const { news } of listeners) expect(await news.first()).toBe('tools');
      await listeners[0]?.client.close();
      await listeners[1]?.client.ping();
      expect(server.servers).toHaveLength(1);
    }));

  it('may be one of two, and ends alone when its client closes it: nothing comes for it any more', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const requests = new Recorder<string>('a request');
      const { server } = await world.serve(fixture.create, {
        serveStdio,
        onrequest: ({ method, outcome }) => requests.add(`${method} ${outcome}`),
      });
      const { client, transport, news } = await listener(world, { server: server.address });
      const first = await client.listen({ toolsListChanged: true, promptsListChanged: true });
      const second = await client.listen({ toolsListChanged: true });
      expect(first.honoredFilter).toEqual({ toolsListChanged: true, promptsListChanged: true });
      await first.close();
      expect(await first.closed).toBe('local');
      await requests.first((each) => each === 'subscriptions/listen cancelled');

      const raw = new Recorder<unknown>('a message');
      const deliver = transport.onmessage;
      transport.onmessage = (message, extra) => {
        if (!('id' in message)) raw.add(message);
        deliver?.(message, extra);
      };
      for (const mcp of server.servers) mcp.sendPromptListChanged();
      announce(server);
      expect(await news.first()).toBe('tools');
      await client.callTool({ name: 'who' });
      expect(raw.items).toMatchObject([{ method: TOOLS, params: { _meta: { [SUBSCRIPTION]: 'listen:1' } } }]);
      await second.close();
    }));

  it('is ended with an answer when the server is closed', () =>
    withWorld(new World(leg), async (world) => {
      const { server, errors } = await world.serve(new Fixture2().create, { serveStdio });
      const { client } = await listener(world, { server: server.address });
      const subscriptions = [
        await client.listen({ toolsListChanged: true }),
        await client.listen({ promptsListChanged: true }),
      ];
      await server.close();
      expect(await Promise.all(subscriptions.map(({ closed }) => closed))).toEqual(['graceful', 'graceful']);
      expect(errors.items).toEqual([]);
    }));

  it('is told of the loss of its server, and can be had again from the next', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const first = await serveWithKey(world, fixture.create, { serveStdio });
      const { client, closes, news } = await listener(world, { server: first.server.address });
      const lost = await client.listen({ toolsListChanged: true });
      const waiting = client.callTool({ name: 'wait', arguments: { name: 'lost' } });
      const outcome = waiting.catch((error: unknown) => error);
      await fixture.started.first();
      const second = await first.again(fixture.create);

      // The next request finds out; without one a probe does.
      expect((await client.listTools()).tools.length).toBeGreaterThan(3);
      expect(await lost.closed).toBe('remote');
      expect(await outcome).toMatchObject({ data: { code: 'outcome_unknown' } });
      await client.listen({ toolsListChanged: true });
      announce(second.server);
      expect(await news.first()).toBe('tools');
      expect(fixture.newest.caller.era).toBe('modern');
      expect(fixture.started.items).toEqual(['lost']);
      expect(closes.count).toBe(0);
    }));

  it('does not notice the loss of a relay', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server, states } = await world.serve(fixture.create, { serveStdio });
      const { client, news, errors } = await listener(world, { server: server.address });
      const { closed } = await client.listen({ toolsListChanged: true });
      const back = states.next(({ status }) => status === 'ready');
      await world.restartRelay(0, async () => announce(server));
      await back;
      expect(await news.first()).toBe('tools');
      expect(await Promise.race([closed, Promise.resolve('open')])).toBe('open');
      expect(fixture.opened.count).toBe(1);
      expect(errors.items).toEqual([]);
    }));

  it('keeps its connection when another client wants the room', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve(new Fixture2().create, { serveStdio, maxConnections: 1 });
      const { client, news } = await listener(world, { server: server.address });
      const { closed } = await client.listen({ toolsListChanged: true });
      await expect(connect2(world, { server: server.address })).rejects.toMatchObject({
        cause: { code: 'busy' },
      });
      announce(server);
      expect(await news.first()).toBe('tools');
      await client.close();
      expect(await closed).toBe('remote');
      await connect2(world, { server: server.address });
    }));
});
