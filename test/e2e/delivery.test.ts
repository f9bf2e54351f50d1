import type { NostrEvent } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { describe, expect, it } from 'vitest';

import { allLegs, legs } from '../helpers/legs.ts';
import { newSeed, seededRandom } from '../helpers/random.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { type Connected, newSigner, sharedWorld, withWorld, World } from '../helpers/world.ts';

const kinds = [21_059, 25_910];

async function watch(world: World, url: string): Promise<RawSocket> {
  const socket = await RawSocket.open(url);
  world.onclose(() => socket.close());
  await socket.watch({ kinds, '#p': [world.server.pubkey] });
  return socket;
}

function count({ client }: Connected, key: string): Promise<unknown> {
  return client.callTool({ name: 'count', arguments: { key } });
}

describe.each(allLegs)('delivery, $name', (leg) => {
  const world = sharedWorld(leg);
  const { executions } = world.fixture;

  it('executes each call exactly once', async () => {
    const connected = await world.connect();
    const keys = Array.from({ length: 25 }, (_, index) => `once ${index}`);
    await Promise.all(keys.map((key) => count(connected, key)));
    expect(keys.map((key) => executions.get(key))).toEqual(keys.map(() => 1));
  });

  // Whoever publishes again and whoever looks on speak to the relay by hand, and nobody mends what goes wrong there.
  it.skipIf(leg.faults !== undefined)(
    'does not execute an event that is published again, at once or later',
    async () => {
      const connected = await world.connect();
      const [url = ''] = world.relayUrls;
      const socket = await watch(world, url);
      await count(connected, 'again');
      const events = [...socket.events.items];
      expect(events.length).toBeGreaterThan(0);
      for (const event of events) await socket.publish(event);
      await count(connected, 'another');
      for (const event of events) await socket.publish(event);
      await connected.client.ping();
      expect([executions.get('again'), executions.get('another')]).toEqual([1, 1]);
      expect(connected.errors.items).toEqual([]);
    },
  );

  it.skipIf(leg.faults !== undefined)(
    'does not execute an event that is carried over to another relay',
    async () => {
      const other = await startRelay();
      world.onclose(() => other.close());
      const [url = ''] = world.relayUrls;
      // The server listens on both relays, the client knows one.
      const served = await world.serve(world.fixture.create, { relays: [url, other.url] });
      const { server } = served;
      await served.states.first(({ status, url: ready }) => status === 'ready' && ready === other.url);
      const connected = await world.connect({ server: server.address, relays: [url] });
      const socket = await RawSocket.open(url);
      world.onclose(() => socket.close());
      await socket.watch({ kinds, '#p': [server.pubkey] });
      const thief = await RawSocket.open(other.url);
      world.onclose(() => thief.close());

      await count(connected, 'carried');
      for (const event of socket.events.items) {
        expect(await thief.publish(event)).toEqual({ accepted: true, reason: '' });
      }
      await connected.client.ping();
      expect(executions.get('carried')).toBe(1);

      // And once more when the connection is over.
      const { closes } = world.fixture.newest;
      await connected.client.close();
      await closes.first();
      for (const event of socket.events.items) await thief.publish(event);
      expect(executions.get('carried')).toBe(1);
      expect(server.connections).toBe(0);
      await server.close();
    },
  );
});

describe.each(legs)('a server that was started again, $name', (leg) => {
  it('executes nothing of what was said to the process before it', async () => {
    const heard: NostrEvent[] = [];
    const careless = (event: NostrEvent): number[] => {
      heard.push(event);
      return [0];
    };
    await withWorld(new World(leg, undefined, { careless }), async (world) => {
      const signer = newSigner();
      const first = await world.serve(world.fixture.create, { signer });
      const connected = await world.connect({ server: first.server.address });
      await count(connected, 'before');
      const { pubkey } = first.server;
      // Without the farewell, which would end the connection at once.
      const transcript = heard.filter(({ tags }) =>
        tags.some(([name, value]) => name === 'p' && value === pubkey),
      );
      await connected.client.close();
      await first.server.close();

      const second = await world.serve(world.fixture.create, { signer });
      await second.states.first(({ status }) => status === 'ready');
      expect(transcript.length).toBeGreaterThanOrEqual(3);
      for (const event of transcript) world.inject(event, pubkey);
      const honest = await world.connect({ server: second.server.address });
      await count(honest, 'after');
      const { executions } = world.fixture;
      expect([executions.get('before'), executions.get('after')]).toEqual([1, 1]);
    });
  });
});

describe.each(legs)('relays that mix things up, $name', (leg) => {
  it('delay, double and reorder in vain', async () => {
    const seed = newSeed();
    const random = seededRandom(seed);
    const careless = (): number[] => {
      const delayMs = Math.floor(random() * 60);
      return random() < 0.3 ? [delayMs, delayMs + Math.floor(random() * 60)] : [delayMs];
    };
    await withWorld(new World(leg, undefined, { careless }), async (world) => {
      const connected = await world.connect();
      const keys = Array.from({ length: 20 }, (_, index) => `mixed ${index}`);
      const progress: number[] = [];
      await Promise.all([
        ...keys.map((key) => count(connected, key)),
        connected.client.callTool({ name: 'progress', arguments: { steps: 15 } }, undefined, {
          onprogress: (each) => progress.push(each.progress),
        }),
      ]);
      const { executions } = world.fixture;
      expect(
        keys.map((key) => executions.get(key)),
        `seed ${seed}`,
      ).toEqual(keys.map(() => 1));
      expect(progress, `seed ${seed}`).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
      expect([...connected.errors.items, ...world.served.errors.items], `seed ${seed}`).toEqual([]);
    });
  });
});
