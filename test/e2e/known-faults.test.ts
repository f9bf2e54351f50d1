import { describe, expect, it } from 'vitest';

import { HostileClient } from '../helpers/hostile-client.ts';
import { oneRelayLegs } from '../helpers/legs.ts';
import { withOpenBook } from '../helpers/open-book.ts';
import { calmLegs } from '../helpers/restart.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { digest, pattern, textResult, Workload } from '../helpers/workload-server.ts';
import { type Connected, newSigner, withWorld, World } from '../helpers/world.ts';

function count({ client }: Connected, key: string): Promise<unknown> {
  return client.callTool({ name: 'count', arguments: { key } });
}

describe.each(oneRelayLegs)('delivery, $name', (leg) => {
  it('executes nothing again when a relay hands out all that it ever saw after a reconnection', () =>
    withWorld(new World(leg), async (world) => {
      const relay = await openScriptedRelay();
      // Everything is kept and stays in the list that whoever subscribes is given first.
      relay.script.stored = relay.events;
      const served = await world.serve(world.fixture.create, { relays: [relay.url] });
      const connected = await world.connect({ server: served.server.address });
      const keys = Array.from({ length: 20 }, (_, index) => `kept ${index}`);
      for (const key of keys) await count(connected, key);
      for (let time = 0; time < 2; time++) {
        const back = [connected, served].map(({ states }) => states.next(({ status }) => status === 'ready'));
        relay.cut();
        await Promise.all(back);
        await count(connected, `after ${time}`);
      }
      const { executions } = world.fixture;
      expect([...executions.values()]).toEqual([...keys, 'after 0', 'after 1'].map(() => 1));
      expect(connected.closes.count).toBe(0);
      expect(world.fixture.instances).toHaveLength(1);
    }));

  it('goes through a relay that demands AUTH of both sides, for reading and for writing', () =>
    withWorld(new World(leg), async (world) => {
      const relay = await openScriptedRelay({ demandsAuth: ['REQ', 'EVENT'] });
      const served = await world.serve(world.fixture.create, { relays: [relay.url] });
      const connected = await world.connect({ server: served.server.address });
      await count(connected, 'authenticated');
      relay.cut();
      await count(connected, 'and once more');
      expect([...world.fixture.executions.values()]).toEqual([1, 1]);
      expect(relay.log.filter((line) => line === 'AUTH ok')).toHaveLength(4);
    }));

  it('is not held up by a relay that takes connections and says nothing, beside one that works', () =>
    withWorld(new World(leg), async (world) => {
      const stuck = await openScriptedRelay({ isHalfOpen: true });
      const workload = new Workload();
      const relays = [stuck.url, ...world.relayUrls];
      const { server } = await world.serve(workload.create, { relays });
      const { client } = await world.connect({ server: server.address });
      const large = await client.callTool({
        name: 'produce',
        arguments: { name: 'large', length: 500_000 },
      });
      expect(large).toEqual(textResult(pattern(500_000, 'large')));
      expect(workload.times('large')).toBe(1);
    }));
});

describe.concurrent.each(calmLegs)('relays, $name', (leg) => {
  it.each([
    ['let each event be overtaken by the next', { reorder: 1 }],
    ['put garbage under the id of each event before it', { garbage: 1 }],
    ['bring each event several times, some of them late', { repeat: 1 }],
    ['say to no publisher what became of its event', { swallowOk: 1 }],
    ['want fewer events at first', { rateLimited: 0.3 }],
  ])('may %s: all is answered, and executed once', (_, faults) =>
    withWorld(new World(leg), async (world) => {
      const workload = new Workload();
      const { server } = await world.serve(workload.create);
      const { client } = await world.connect({ server: server.address });
      world.faultRelays[0]?.set({ ...faults, lateMs: { min: 5, max: 50 } });
      const text = pattern(200_000, 'text');
      const names = Array.from({ length: 10 }, (__, index) => `small ${index}`);
      const progress: number[] = [];
      const [large] = await Promise.all([
        client.callTool({ name: 'measure', arguments: { name: 'large', text } }),
        client.callTool({ name: 'report', arguments: { name: 'steps', steps: 10 } }, undefined, {
          onprogress: (each) => progress.push(each.progress),
        }),
        ...names.map((name) => client.callTool({ name: 'measure', arguments: { name, text: '' } })),
      ]);
      expect(large).toEqual(textResult(digest(text)));
      expect(progress).toEqual(Array.from({ length: 10 }, (__, index) => index + 1));
      expect(workload.executed.items.toSorted()).toEqual(['large', 'steps', ...names].toSorted());
      world.faultRelays[0]?.calm();
    }),
  );
});

describe.each(oneRelayLegs)('clocks, $name', (leg) => {
  it.each([1, -1, 10 * 60, -10 * 60])('may differ: that of the server by %i s', (seconds) =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve(world.fixture.create, { now: () => Date.now() + seconds * 1000 });
      const connected = await world.connect({ server: server.address });
      await count(connected, 'first');
      // A second connection of the same key within the same second.
      const signer = newSigner();
      const pair = [1, 2].map(() => world.connect({ server: server.address, signer }));
      await Promise.all((await Promise.all(pair)).map((each, index) => count(each, `of the pair ${index}`)));
      expect([...world.fixture.executions.values()]).toEqual([1, 1, 1]);
    }),
  );
});

describe('the parts of a message', () => {
  it('may come in any order, the last one first', async () => {
    await withOpenBook({}, async (world, traffic) => {
      const client = await new HostileClient(world, traffic).open();
      const text = JSON.stringify({
        jsonrpc: '2.0',
        id: 'parts',
        method: 'tools/call',
        params: { name: 'count', arguments: { key: 'in parts' } },
      });
      const at = [0, 20, 40, 60, text.length];
      for (const index of [3, 1, 2, 0]) {
        const part = { message: 0, totalBytes: text.length, sort: 'request', id: '"parts"' } as const;
        client.say({ content: text.slice(at[index], at[index + 1]), part, link: { sequence: index + 1 } });
      }
      await client.heard((_, { content }) => content.includes('"parts"'));
      expect(world.fixture.executions.get('in parts')).toBe(1);
    });
  });
});
