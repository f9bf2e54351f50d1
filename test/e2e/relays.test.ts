import type { Relay } from '@mcp-nostr/relay';
import type { RelayState } from '@mcp-nostr/transport';
import { describe, expect, it } from 'vitest';

import { deadRelayUrl } from '../helpers/dead-relay.ts';
import { allLegs, oneRelayLegs, twoRelayLegs } from '../helpers/legs.ts';
import type { Recorder } from '../helpers/recorder.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { type Connected, withWorld, World } from '../helpers/world.ts';

function ready(states: Recorder<RelayState>, url: string): Promise<RelayState> {
  return states.next((state) => state.url === url && state.status === 'ready');
}

/** Where relays cut connections it may be lost already. */
async function lost(states: Recorder<RelayState>, url: string): Promise<RelayState> {
  const latest = states.items.findLast((state) => state.url === url);
  if (latest?.status === 'waiting') return latest;
  return states.next((state) => state.url === url && state.status === 'waiting');
}

function relayOf(world: World, index: number): Relay {
  const relay = world.relays[index];
  if (relay === undefined) throw new RangeError(`there is no relay ${index}`);
  return relay;
}

async function echo({ client }: Connected, text: string): Promise<void> {
  expect(await client.callTool({ name: 'echo', arguments: { text } })).toEqual({
    content: [{ type: 'text', text }],
  });
}

describe.each(oneRelayLegs)('a relay that is down from the start beside one that is up, $name', (leg) => {
  it('is not noticed', () =>
    withWorld(new World(leg), async (world) => {
      const relays = [await deadRelayUrl(), ...world.relayUrls];
      const { server, errors } = await world.serve(world.fixture.create, { relays });
      const connected = await world.connect({ server: server.address });
      expect(connected.transport.relays.map(({ url }) => url)).toEqual(relays);
      await echo(connected, 'one of two');
      const progress: number[] = [];
      await connected.client.callTool({ name: 'progress', arguments: { steps: 3 } }, undefined, {
        onprogress: (each) => progress.push(each.progress),
      });
      expect(progress).toEqual([1, 2, 3]);
      expect(unexplained(leg, [...connected.errors.items, ...errors.items])).toEqual([]);
    }));
});

describe.each(twoRelayLegs)('one of two relays that dies, $name', (leg) => {
  it.each([0, 1])('is not noticed, be it number %i', (index) =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      await echo(connected, 'before');
      const call = connected.client.callTool({ name: 'wait', arguments: { name: 'meanwhile' } });
      await world.fixture.started.first();
      const { url } = relayOf(world, index);
      const noticed = [lost(connected.states, url), lost(world.served.states, url)];
      await relayOf(world, index).close();
      await Promise.all(noticed);
      world.fixture.release('meanwhile');
      expect(await call).toMatchObject({ content: [{ text: 'waited for meanwhile' }] });
      for (let i = 0; i < 5; i++) await echo(connected, `after ${i}`);
      await echo(await world.connect(), 'a new client');
      expect(unexplained(leg, [...connected.errors.items, ...world.served.errors.items])).toEqual([]);
    }),
  );

  it('is used again when it comes back and the other one dies', () =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      await echo(connected, 'both');
      const { url } = relayOf(world, 0);
      const back = [ready(connected.states, url), ready(world.served.states, url)];
      await world.restartRelay(0);
      await Promise.all(back);
      await relayOf(world, 1).close();
      await echo(connected, 'only the first');
      expect(unexplained(leg, [...connected.errors.items, ...world.served.errors.items])).toEqual([]);
    }));
});

describe.each(allLegs)('relays that are started again, $name', (leg) => {
  it('are used again', () =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      await echo(connected, 'before');
      for (let index = 0; index < leg.relayCount; index++) {
        const { url } = relayOf(world, index);
        const back = [ready(connected.states, url), ready(world.served.states, url)];
        await world.restartRelay(index);
        await Promise.all(back);
        await echo(connected, `after ${index}`);
      }
      expect(connected.closes.count).toBe(0);
    }));

  it('bring an answer that fell due while all of them were away', () =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      const call = connected.client.callTool({ name: 'wait', arguments: { name: 'away' } });
      await world.fixture.started.first();
      const gone = world.relayUrls.map((url) => lost(world.served.states, url));
      const restarted = Promise.all(world.relays.map((_, index) => world.restartRelay(index)));
      await Promise.all(gone);
      world.fixture.release('away');
      await restarted;
      expect(await call).toMatchObject({ content: [{ text: 'waited for away' }] });
    }));

  it('bring a call that was made while all of them were away', () =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      const gone = world.relayUrls.map((url) => lost(connected.states, url));
      const restarted = Promise.all(world.relays.map((_, index) => world.restartRelay(index)));
      await Promise.all(gone);
      const call = connected.client.callTool({ name: 'count', arguments: { key: 'away' } });
      await restarted;
      await call;
      expect(world.fixture.executions.get('away')).toBe(1);
    }));
});
