import { describe, expect, it } from 'vitest';

import { Forger, dress, initialize } from '../helpers/forger.ts';
import { allLegs } from '../helpers/legs.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { sharedWorld } from '../helpers/world.ts';

const minutes = 60_000;

describe.each(allLegs)('clocks, $name', (leg) => {
  const world = sharedWorld(leg);
  const isEncrypted = leg.encryption === 'required';

  it.each([5, -5, 12, -12])('connects a client whose clock is off by %i minutes', async (off) => {
    const { client, errors } = await world.connect({ now: () => Date.now() + off * minutes });
    const seen: number[] = [];
    const result = await client.callTool({ name: 'progress', arguments: { steps: 2 } }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    expect(result).toMatchObject({ content: [{ text: 'done' }] });
    expect(seen).toEqual([1, 2]);
    expect(unexplained(leg, errors.items)).toEqual([]);
  });

  it.each([5, -5])('serves clients although its own clock is off by %i minutes', async (off) => {
    const { server, errors } = await world.serve(world.fixture.create, {
      now: () => Date.now() + off * minutes,
    });
    const connected = await world.connect({ server: server.address });
    expect(await connected.client.callTool({ name: 'echo', arguments: { text: 'x' } })).toMatchObject({
      content: [{ text: 'x' }],
    });
    expect(unexplained(leg, [...connected.errors.items, ...errors.items])).toEqual([]);
    await server.close();
  });

  // By hand, so that nobody says the opening again.
  it.skipIf(leg.faults !== undefined).each([
    ['stale', 300],
    ['future', -300],
  ])('refuses a %s opening with its own time, and keeps nothing of it', async (_, age) => {
    const { server } = world;
    const forger = new Forger();
    const socket = await RawSocket.open(world.relayUrls[0] ?? '');
    world.onclose(() => socket.close());
    await socket.watch({ kinds: [21_059, 25_910], '#p': [forger.pubkey] });
    const before = world.fixture.instances.length;
    const opening = forger.craft(server.pubkey, { messages: [initialize], age });
    expect(await socket.publish(dress(opening, server.pubkey, isEncrypted))).toMatchObject({
      accepted: true,
    });
    const answer = await socket.events.first();
    expect(Math.abs(answer.created_at - Date.now() / 1000)).toBeLessThan(30);
    if (!isEncrypted) {
      const [, ...link] = answer.tags.find(([name]) => name === 'link') ?? [];
      expect(link).toEqual(expect.arrayContaining([forger.connection, 'refuse', 'clock']));
    }
    const { client } = await world.connect();
    await client.ping();
    expect(world.fixture.instances).toHaveLength(before + 1);
  });
});
