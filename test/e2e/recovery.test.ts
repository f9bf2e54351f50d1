import { describe, expect, it } from 'vitest';

import type { Leg } from '../helpers/legs.ts';
import { calmLegs } from '../helpers/restart.ts';
import { type Connected, withWorld, World } from '../helpers/world.ts';

const twoRelays: readonly Leg[] = calmLegs.map((leg) => ({ ...leg, relayCount: 2 }));
const awayMs = 2500;

function names(what: string, length: number): string[] {
  return Array.from({ length }, (_, index) => `${what} ${index}`);
}

function count({ client }: Connected, key: string): Promise<unknown> {
  return client.callTool({ name: 'count', arguments: { key } });
}

function expectOnce({ fixture }: World, keys: string[]): void {
  expect(keys.map((key) => fixture.executions.get(key))).toEqual(keys.map(() => 1));
}

// These wait for time to pass: begun together, they take no longer than one.
describe.concurrent.each(twoRelays)('one of two relays, $name', (leg) => {
  it.each([0, 1])('that dies amid much work is not noticed, be it number %i', (index) =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      const before = names('before', 50);
      const after = names('after', 50);
      const progress: number[] = [];
      const counted = connected.client.callTool({ name: 'progress', arguments: { steps: 50 } }, undefined, {
        onprogress: (each) => progress.push(each.progress),
      });
      const calls = before.map((key) => count(connected, key));
      await calls[0];
      const died = world.faultRelays[index]?.stop();
      calls.push(...after.map((key) => count(connected, key)));
      await Promise.all([...calls, counted, died]);
      expectOnce(world, [...before, ...after]);
      expect(progress).toEqual(Array.from({ length: 50 }, (_, step) => step + 1));
      expect([...connected.errors.items, ...world.served.errors.items]).toEqual([]);
    }),
  );

  it.each([0, 1])('that takes everything and passes on nothing is not noticed, be it number %i', (index) =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      await count(connected, 'before');
      const bad = world.faultRelays[index];
      bad?.set({ swallow: 1 });
      const keys = names('meanwhile', 10);
      for (const key of keys) await count(connected, key);
      await Promise.all(names('at once', 20).map((key) => count(connected, key)));
      await count(await world.connect(), 'a new client');
      bad?.calm();
      await count(connected, 'after');
      expectOnce(world, ['before', ...keys, ...names('at once', 20), 'a new client', 'after']);
      expect([...connected.errors.items, ...world.served.errors.items]).toEqual([]);
    }),
  );
});

describe.concurrent.each(twoRelays)('both relays, $name', (leg) => {
  it('may be away for seconds: what was under way and what is called meanwhile is answered', () =>
    withWorld(new World(leg), async (world) => {
      const { fixture } = world;
      const connected = await world.connect();
      const { client, states, closes } = connected;
      const waiting = names('under way', 5);
      const under = waiting.map((name) => client.callTool({ name: 'wait', arguments: { name } }));
      await fixture.started.reached(waiting.length);
      const gone = world.relayUrls.map((url) =>
        states.next((state) => state.url === url && state.status === 'waiting'),
      );
      const back = Promise.all(world.faultRelays.map((relay) => relay.restart(awayMs)));
      await Promise.all(gone);
      const keys = names('meanwhile', 5);
      const meanwhile = keys.map((key) => count(connected, key));
      for (const name of waiting) fixture.release(name);
      await back;
      await Promise.all(meanwhile);
      expect(await Promise.all(under)).toMatchObject(
        waiting.map((name) => ({ content: [{ text: `waited for ${name}` }] })),
      );
      expectOnce(world, keys);
      expect(fixture.started.count).toBe(waiting.length);
      expect(closes.count).toBe(0);
    }));

  it('take turns in being away, and every call is executed once', () =>
    withWorld(new World(leg), async (world) => {
      const connected = await world.connect();
      const keys = names('turn', 6);
      for (const [index, key] of keys.entries()) {
        const relay = world.faultRelays[index % 2];
        const { url = '' } = relay ?? {};
        const back = connected.states.next((state) => state.url === url && state.status === 'ready');
        const call = count(connected, key);
        await relay?.restart();
        await call;
        await back;
      }
      expectOnce(world, keys);
      expect(connected.errors.items).toEqual([]);
    }));
});
