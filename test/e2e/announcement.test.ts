import {
  type EventTemplate,
  generateSecretKey,
  type NostrEvent,
  PROFILE_KIND,
  PROMPTS_KIND,
  RELAY_LIST_KIND,
  secretKeySigner,
  TOOLS_KIND,
} from '@mcp-nostr/core';
import { announcementKinds, COMMON_SCHEMA } from '@mcp-nostr/core/contextvm';
import { startRelay } from '@mcp-nostr/relay';
import { type Announced, type ServeOptions } from '@mcp-nostr/server';
import { RelayPool } from '@mcp-nostr/transport';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';

import { announced, announcedOn, kindsOf, oneRelay, storedOf, twoRelays } from '../helpers/announced.ts';
import { modernOnly } from '../helpers/eras.ts';
import { Fixture2 } from '../helpers/fixture-server-2.ts';
import { Recorder } from '../helpers/recorder.ts';
import { World } from '../helpers/world.ts';

const withoutRecords = [...announcementKinds].sort((a, b) => a - b);

describe('an announcement', () => {
  it('is what a stranger is shown of the server, whole, on each of its relays', async () => {
    const { world, posted, server } = await announced(
      { name: 'Fixture', about: 'for tests', categories: ['text'] },
      { leg: twoRelays, commonSchemas: ['echo'] },
    );
    await posted.reached(2);
    const { client } = await world.connect();
    for (const relay of world.relayUrls) {
      const found = await announcedOn(relay, server.pubkey);
      expect(found).toMatchObject({ name: 'Fixture', about: 'for tests', relays: [] });
      expect(found?.initialize).toMatchObject({
        protocolVersion: '2025-11-25',
        capabilities: client.getServerCapabilities(),
        serverInfo: client.getServerVersion(),
        instructions: client.getInstructions(),
      });
      const { tools } = await client.listTools();
      expect(found?.tools).toEqual(tools);
      const claim = { [COMMON_SCHEMA]: { schemaHash: found?.schemas[0]?.hash } };
      expect(tools.find(({ name }) => name === 'echo')).toMatchObject({ _meta: claim });
      expect(found).toMatchObject({ schemas: [{ tool: 'echo' }], categories: ['text'] });
      expect(found?.resources).toEqual((await client.listResources()).resources);
      expect(found?.resourceTemplates).toEqual((await client.listResourceTemplates()).resourceTemplates);
      expect(found?.prompts).toEqual((await client.listPrompts()).prompts);
      expect(found?.support).toMatchObject({ encryption: true, ephemeral: true, oversized: true });
      expect(found?.support.link).toMatch(/^[0-9a-f]{16}$/);
      expect(found?.discover).toBeUndefined();
    }
    expect(server.connections).toBe(1);
  });

  it('is not there where nobody asked for it', async () => {
    const { world, posted, server, relay } = await announced();
    const other = await world.serve(world.fixture.create);
    await posted.first();
    expect(await storedOf(other.server.pubkey, relay)).toEqual([]);
    expect(kindsOf(await storedOf(server.pubkey, relay))).toEqual(withoutRecords);
  });

  it('has the relay list and the profile only when they are asked for, and hangs on more relays', async () => {
    const board = await startRelay();
    onTestFinished(() => board.close());
    const profile = { nip05: '_@fixture.example' };
    const options = { about: 'for tests', relayList: true, profile, relays: [board.url, board.url] };
    const { world, posted, server } = await announced(options);
    await posted.first(({ relay }) => relay === board.url);
    const events = await storedOf(server.pubkey, board.url);
    expect(kindsOf(events)).toEqual([PROFILE_KIND, RELAY_LIST_KIND, ...withoutRecords]);
    const contents = new Map(events.map(({ kind, content }) => [kind, content]));
    expect(JSON.parse(contents.get(PROFILE_KIND) ?? '')).toEqual({
      name: 'Fixture Å',
      about: 'for tests',
      nip05: '_@fixture.example',
    });
    expect((await announcedOn(board.url, server.pubkey))?.relays).toEqual(world.relayUrls);
  });

  it('has all pages of a list, and nothing of a list that the server does not offer', async () => {
    const paged = (): Server => {
      const server = new Server({ name: 'paged', version: '1' }, { capabilities: { tools: {} } });
      const tool = (name: string) => ({ name, inputSchema: { type: 'object' as const } });
      server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
        const page = Number(params?.cursor ?? 0);
        return { tools: [tool(`tool-${page}`)], ...(page < 6 && { nextCursor: String(page + 1) }) };
      });
      return server;
    };
    const posted = new Recorder<Announced>('an announcement');
    const world = new World(oneRelay, paged, { serve: { announce: {}, onannounced: posted.add } });
    onTestFinished(() => world.close());
    await world.open();
    const { kinds, relay } = await posted.first();
    expect(kinds).toEqual([11_316, TOOLS_KIND]);
    const found = await announcedOn(relay, world.server.pubkey);
    expect(found?.tools?.map(({ name }) => name)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((each) => `tool-${each}`),
    );
  });

  it('spares a client of MCP 2026-07-28 its first request, whichever eras the server speaks', async () => {
    for (const isModernOnly of [false, true]) {
      const fixture = new Fixture2();
      const posted = new Recorder<Announced>('an announcement');
      const world = new World(oneRelay);
      onTestFinished(() => world.close());
      await world.open();
      const options: Partial<ServeOptions<McpServer>> = {
        announce: {},
        onannounced: posted.add,
        serveStdio: isModernOnly ? modernOnly : serveStdio,
      };
      const { server } = await world.serve(fixture.create, options);
      const { relay } = await posted.first();
      const found = await announcedOn(relay, server.pubkey);
      expect(found?.discover).toMatchObject({ supportedVersions: expect.arrayContaining(['2026-07-28']) });
      expect(found?.initialize).toMatchObject({
        protocolVersion: isModernOnly ? '2026-07-28' : '2025-11-25',
        serverInfo: { name: 'fixture' },
      });
      const again = posted.next();
      for (const each of server.servers) each.registerTool('new', {}, () => ({ content: [] }));
      expect(await again).toMatchObject({ kinds: [TOOLS_KIND] });
      const tools = (await announcedOn(relay, server.pubkey))?.tools;
      expect(tools?.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'new']));
      await server.close();
    }
  });
});

describe('what is announced is what holds', () => {
  it('a list that changes is announced again, newer also within the second, and the others stay', async () => {
    const { world, posted, server, relay } = await announced();
    await posted.first();
    const before = new Map((await storedOf(server.pubkey, relay)).map((event) => [event.kind, event]));
    for (const name of ['one', 'two']) {
      const again = posted.next();
      for (const each of server.servers as (typeof world.fixture.newest.server)[])
        each.registerTool(name, { description: 'new' }, () => ({ content: [] }));
      expect(await again).toEqual({ relay, kinds: [TOOLS_KIND] });
    }
    const after = await storedOf(server.pubkey, relay);
    for (const event of after.filter(({ kind }) => kind !== TOOLS_KIND))
      expect(event).toEqual(before.get(event.kind));
    const found = await announcedOn(relay, server.pubkey);
    expect(found?.tools?.map(({ name }) => name)).toEqual(expect.arrayContaining(['one', 'two']));
    const times = after.filter(({ kind }) => kind === TOOLS_KIND).map((event) => event.created_at);
    expect(times[0]).toBeGreaterThanOrEqual((before.get(TOOLS_KIND)?.created_at ?? 0) + 2);
  });

  it('a relay that has lost it gets it again', async () => {
    const { world, posted, server, relay } = await announced({}, { leg: twoRelays });
    await posted.reached(2);
    const before = await storedOf(server.pubkey, relay);
    const again = posted.next();
    await world.restartRelay(0);
    expect(await again).toMatchObject({ relay });
    expect(new Set(await storedOf(server.pubkey, relay))).toEqual(new Set(before));
    expect(posted.items).toHaveLength(3);
  });

  it('what an earlier process has left is replaced, also when its clock was ahead, and a list that is gone is empty', async () => {
    const signer = secretKeySigner(generateSecretKey());
    const relay = await startRelay();
    onTestFinished(() => relay.close());
    const now = Math.floor(Date.now() / 1_000);
    const left = (kind: number, content: object, ahead: number): Promise<NostrEvent> => {
      const template: EventTemplate = {
        kind,
        created_at: now + ahead,
        tags: [],
        content: JSON.stringify(content),
      };
      return signer.signEvent(template);
    };
    await publish(relay.url, [
      await left(11_316, { serverInfo: { name: 'former' } }, 600),
      await left(TOOLS_KIND, { tools: [{ name: 'former' }] }, 0),
      await left(PROMPTS_KIND, { prompts: [{ name: 'former' }] }, -9),
    ]);
    const posted = new Recorder<Announced>('an announcement');
    const bare = (): Server => {
      const server = new Server({ name: 'present', version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [] }));
      return server;
    };
    const world = new World(oneRelay);
    onTestFinished(() => world.close());
    await world.open();
    const { server } = await world.serve(bare, {
      announce: {},
      onannounced: posted.add,
      signer,
      relays: [relay.url],
      now: () => now * 1_000,
    });
    await posted.first();
    // What was left there is known only when the first of it was published, and is then replaced.
    await expect
      .poll(
        async () => {
          const events = await storedOf(server.pubkey, relay.url);
          return new Map(events.map(({ kind, content }) => [kind, JSON.parse(content) as unknown]));
        },
        { timeout: 25_000 },
      )
      .toEqual(
        new Map<number, unknown>([
          [11_316, expect.objectContaining({ serverInfo: { name: 'present', version: '1' } })],
          [TOOLS_KIND, { tools: [] }],
          [PROMPTS_KIND, { prompts: [] }],
        ]),
      );
  });
});

async function publish(relay: string, events: readonly NostrEvent[]): Promise<void> {
  const pool = new RelayPool({ relays: [relay] });
  for (const event of events) await pool.publish(event);
  pool.close();
}
