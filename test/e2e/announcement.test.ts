import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import type { Announced, AnnounceOptions, McpServerLike, ServeOptions } from '@mcp-nostr/server';
import { describe, expect, it, onTestFinished } from 'vitest';

import { announcedOn, storedOf } from '../helpers/announced.ts';
import type { Leg } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { type Served, World } from '../helpers/world.ts';

const leg: Leg = { name: 'encrypted, two relays', encryption: 'required', relayCount: 2 };

/** A server that announces itself, and what relays took of it. */
async function announced(announce: AnnounceOptions, more: Partial<ServeOptions> = {}) {
  const posted = new Recorder<Announced>('an announcement');
  const world = new World(leg, undefined, { serve: { announce, onannounced: posted.add, ...more } });
  onTestFinished(() => world.close());
  await world.open();
  return { world, posted, ...world.served };
}

describe('an announced server', () => {
  it('is what a stranger is shown of it, whole, on each of its relays', async () => {
    const { world, posted, server } = await announced({ name: 'Fixture', about: 'for tests' });
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
      expect(found?.tools).toEqual((await client.listTools()).tools);
      expect(found?.resources).toEqual((await client.listResources()).resources);
      expect(found?.prompts).toEqual((await client.listPrompts()).prompts);
      expect(found?.support).toMatchObject({ encryption: true, ephemeral: true, oversized: true });
      expect(found?.support.link).toMatch(/^[0-9a-f]{16}$/);
      expect(found?.discover).toBeUndefined();
    }
    expect(server.connections).toBe(1);
  });
});
