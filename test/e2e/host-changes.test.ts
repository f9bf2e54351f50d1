import type { Caller } from '@mcp-nostr/server';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import {
  hostOf,
  hostOf2,
  knownFrom,
  relayOf,
  serverOf,
  serverOf2,
  toolsOf,
} from '../helpers/host-clients.ts';
import { calmLegs, serveWithKey } from '../helpers/restart.ts';
import { withWorld, World } from '../helpers/world.ts';

const [leg] = calmLegs;
if (leg === undefined) throw new Error('there is no leg');
/** Waits as in use, and each call as after a while without any. */
const timing = { downPatienceMs: 8_000, doubtAfterMs: 0 };

const outcomeOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (result) => (result as { content: { text: string }[] }).content[0]?.text,
    (error: Error) => error.message,
  );

describe.concurrent('a host whose server', () => {
  it('has other tools than it had is told so when it was answered from the last known catalogue', () =>
    withWorld(new World(leg), async (world) => {
      const served = await serveWithKey(world, serverOf('old'));
      const server = served.server.address;
      const store = await knownFrom(hostOf, world, server);
      await served.again(serverOf('new'));
      const { client, toolChanges } = await hostOf(world, { server, store, timing: { liveAnswerMs: 0 } });
      // Its own word may come before the host has asked: then there is nothing to tell.
      if ((await toolsOf(client)).includes('old')) await toolChanges.first();
      expect(await toolsOf(client)).toEqual(['new']);
      expect(await outcomeOf(client.callTool({ name: 'new' }))).toBe('new');
    }));

  it.each([
    ['2025-11-25', hostOf, serverOf],
    ['2026-07-28', hostOf2, serverOf2],
  ] as const)('was killed and started again with other tools learns of it, %s', (_, host, serverWith) =>
    withWorld(new World(leg), async (world) => {
      const first = await serveWithKey(world, serverWith('old'));
      const { client, end, toolChanges } = await host(world, { server: first.server.address, timing });
      expect(await toolsOf(client)).toEqual(['old']);
      await first.again(serverWith('new'));
      expect(await outcomeOf(client.callTool({ name: 'new' }))).toBe('new');
      await toolChanges.first();
      expect(await toolsOf(client)).toEqual(['new']);
      expect(end.store.text).not.toContain('"old"');
    }),
  );

  it.each([
    ['2025-11-25', hostOf, serverOf],
    ['2026-07-28', hostOf2, serverOf2],
  ] as const)(
    'said goodbye and came back with other tools is told without asking, %s',
    (_, host, serverWith) =>
      withWorld(new World(leg), async (world) => {
        const first = await serveWithKey(world, serverWith('old'));
        const { client, toolChanges } = await host(world, { server: first.server.address, timing });
        expect(await toolsOf(client)).toEqual(['old']);
        await first.server.close();
        await first.again(serverWith('new'));
        await toolChanges.first();
        expect(await toolsOf(client)).toEqual(['new']);
      }),
  );

  it('gives up the session has another one, with what was under way answered', () =>
    withWorld(new World(leg), async (world) => {
      const { fixture } = world;
      const older = (caller: Caller): McpServer => {
        const server = fixture.create(caller);
        server.server.setRequestHandler(InitializeRequestSchema, () => ({
          protocolVersion: '2024-11-05',
          capabilities: { tools: {} },
          serverInfo: { name: 'older', version: '1' },
        }));
        return server;
      };
      const first = await serveWithKey(world, fixture.create);
      const { client, end } = await hostOf(world, { server: first.server.address, timing });
      const lost = client.callTool({ name: 'wait', arguments: { name: 'lost' } });
      await fixture.started.first();
      await first.again(older);
      expect(await outcomeOf(client.callTool({ name: 'count', arguments: { key: 'next' } }))).toBe('1');
      expect(await lost).toMatchObject({
        isError: true,
        _meta: { 'mcp-nostr/failure': { code: 'outcome_unknown' } },
      });
      expect(await outcomeOf(lost)).toContain('may have been executed');
      fixture.release('lost');
      expect(end.toHost.items.filter((message) => 'error' in message)).toEqual([]);
    }));

  it('is away for a moment, with its relay, has its calls answered all the same', () =>
    withWorld(new World(leg), async (world) => {
      const { client, toolChanges } = await hostOf(world, { timing });
      await client.callTool({ name: 'count', arguments: { key: 'before' } });
      await relayOf(world).stop();
      const call = outcomeOf(client.callTool({ name: 'count', arguments: { key: 'meanwhile' } }));
      await relayOf(world).start();
      expect(await call).toBe('1');
      expect(world.fixture.executions.get('meanwhile')).toBe(1);
      expect(toolChanges.count).toBe(0);
    }));
});
