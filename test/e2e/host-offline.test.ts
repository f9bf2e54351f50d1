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
const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';

const textOf = (result: unknown): string =>
  (result as { content: { text: string }[] }).content[0]?.text ?? '';

describe.concurrent('a host whose server cannot be reached', () => {
  it('has the last known catalogue, is told what is wrong, and is told of what is new afterwards', () =>
    withWorld(new World(leg), async (world) => {
      const served = await serveWithKey(world, serverOf('old'));
      const server = served.server.address;
      const store = await knownFrom(hostOf, world, server);
      await relayOf(world).stop();
      const { client, toolChanges } = await hostOf(world, { server, store });
      expect(client.getServerVersion()).toMatchObject({ name: 'offline', title: 'Offline' });
      expect(client.getInstructions()).toBe('Be kind.');
      expect(client.getServerCapabilities()?.tools).toEqual({ listChanged: true });
      expect(await toolsOf(client)).toEqual(['old']);
      await client.ping();
      const failed = await client.callTool({ name: 'old' });
      expect(failed).toMatchObject({
        isError: true,
        _meta: { 'mcp-nostr/failure': { code: 'relays_unreachable' } },
      });
      for (const words of [
        'Offline (npub1',
        `0 of 1 relay is connected (${relayOf(world).url}`,
        'It was last heard ',
        'Nothing was executed',
        `mcp-nostr doctor ${server}`,
      ])
        expect(textOf(failed)).toContain(words);
      expect(toolChanges.count).toBe(0);

      await served.server.close();
      await relayOf(world).start();
      await served.again(serverOf('new'));
      await toolChanges.first();
      expect(await toolsOf(client)).toEqual(['new']);
      expect(textOf(await client.callTool({ name: 'new' }))).toBe('new');
      expect(store.text).toContain('"new"');
    }));

  it('and that is not known has none of its tools until it comes', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await serveWithKey(world, serverOf('first'));
      await relayOf(world).stop();
      const { client, toolChanges } = await hostOf(world, { server: server.address });
      expect(client.getServerVersion()?.name).toMatch(/^npub1/);
      expect(client.getInstructions()).toContain(`mcp-nostr doctor ${server.address}`);
      expect(client.getInstructions()).toContain(relayOf(world).url);
      expect(await toolsOf(client)).toEqual([]);
      expect((await client.listResources()).resources).toEqual([]);
      expect((await client.listPrompts()).prompts).toEqual([]);

      await relayOf(world).start();
      await toolChanges.first();
      expect(await toolsOf(client)).toEqual(['first']);
      // The server has neither, which its host cannot know.
      expect((await client.listResources()).resources).toEqual([]);
      expect((await client.listPrompts()).prompts).toEqual([]);
      expect(textOf(await client.callTool({ name: 'first' }))).toBe('first');
    }));

  it('and speaks MCP 2026-07-28 has it as it was, and hears of the change through its subscription', () =>
    withWorld(new World(leg), async (world) => {
      const served = await serveWithKey(world, serverOf2('old'));
      const server = served.server.address;
      const store = await knownFrom(hostOf2, world, server);
      await relayOf(world).stop();
      const { client, toolChanges } = await hostOf2(world, { server, store });
      expect(client.getNegotiatedProtocolVersion()).toBe(MODERN);
      expect(await toolsOf(client)).toEqual(['old']);
      expect(await client.callTool({ name: 'old' })).toMatchObject({ isError: true });

      await served.server.close();
      await relayOf(world).start();
      await served.again(serverOf2('new'));
      await toolChanges.first();
      expect(await toolsOf(client)).toEqual(['new']);
      expect(textOf(await client.callTool({ name: 'new' }))).toBe('new');
    }));

  it.each([
    ['is known for an old one', true],
    ['is not known', false],
  ])('and is asked for MCP 2026-07-28 first goes on with initialize when it %s', (_, isKnown) =>
    withWorld(new World(leg), async (world) => {
      const { server } = await serveWithKey(world, serverOf('old'));
      const store = isKnown ? await knownFrom(hostOf2, world, server.address) : undefined;
      await relayOf(world).stop();
      const { client, end, toolChanges } = await hostOf2(world, {
        server: server.address,
        ...(store === undefined ? {} : { store }),
      });
      expect(client.getNegotiatedProtocolVersion()).toBe(LEGACY);
      expect(await toolsOf(client)).toEqual(isKnown ? ['old'] : []);
      await relayOf(world).start();
      if (isKnown) await end.log.first((line) => line === 'the server answers');
      else await toolChanges.first();
      expect(await toolsOf(client)).toEqual(['old']);
      expect(textOf(await client.callTool({ name: 'old' }))).toBe('old');
    }),
  );
});
