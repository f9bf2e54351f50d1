import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { oneRelayLegs } from '../helpers/legs.ts';
import { stillClock } from '../helpers/still-clock.ts';
import { textResult, Workload } from '../helpers/workload-server.ts';
import { type Connected, sharedWorld } from '../helpers/world.ts';

const steps = 3;

describe.each(oneRelayLegs)('messages that are sent together, $name', (leg) => {
  const workload = new Workload();
  const world = sharedWorld(leg, workload.create);

  /** Events that the relay has taken so far. */
  const events = (): number => world.relays[0]?.stats().accepted ?? 0;

  async function report({ client }: Connected, name: string): Promise<string[]> {
    const seen: string[] = [];
    const result = await client.callTool({ name: 'report', arguments: { name, steps } }, undefined, {
      onprogress: ({ message = '' }) => seen.push(message),
    });
    expect(result).toEqual(textResult(`answer to ${name}`));
    return seen;
  }

  it('share events: 64 calls at once, each with its own progress and answer', async () => {
    const connected = await world.connect();
    const before = events();
    const names = Array.from({ length: 64 }, (_, index) => `call ${index}`);
    const seen = await Promise.all(names.map((name) => report(connected, name)));
    // 64 calls, 192 notifications and 64 answers; what is signed meanwhile rides on the next event.
    expect(events() - before).toBeLessThan(64);
    expect(seen).toEqual(names.map((name) => [1, 2, 3].map((step) => `${name} ${step}`)));
    expect(names.map((name) => workload.times(name))).toEqual(names.map(() => 1));
    expect(connected.errors.items).toEqual([]);
  });

  it('cost two events where there is a call and its answer, and no acknowledgement between', async () => {
    const { client } = await world.connect();
    const call = (name: string): Promise<unknown> =>
      client.callTool({ name: 'measure', arguments: { name, text: name } });
    await call('first');
    const pass = stillClock();
    const before = events();
    for (let index = 0; index < 20; index++) {
      await call(`quick ${index}`);
      // What is done with the answer, and then at its time, is done when the next call comes.
      await turn();
      pass(50);
      await turn();
    }
    const count = events() - before;
    expect(count).toBeGreaterThanOrEqual(40);
    expect(count).toBeLessThanOrEqual(41);
  });
});
