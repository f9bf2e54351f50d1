import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { newSeed, seededRandom } from '../helpers/random.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('concurrency, $name', (leg) => {
  const world = sharedWorld(leg);

  it('gives each of 100 calls its own answer, in whatever order they come', async () => {
    const seed = newSeed();
    const random = seededRandom(seed);
    const { client, errors } = await world.connect();
    const order: number[] = [];
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const delay = { ms: Math.floor(random() * 40), text: `answer ${index}` };
        const { content } = await client.callTool({ name: 'delay', arguments: delay });
        order.push(index);
        return content;
      }),
    );
    expect(answers, `seed ${seed}`).toEqual(
      Array.from({ length: 100 }, (_, index) => [{ type: 'text', text: `answer ${index}` }]),
    );
    expect(order, `seed ${seed}`).not.toEqual(order.toSorted((a, b) => a - b));
    expect(unexplained(leg, errors.items)).toEqual([]);
  });

  it('keeps the progress of concurrent calls apart and in order', async () => {
    const { client } = await world.connect();
    const seen = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const steps: number[] = [];
        await client.callTool({ name: 'progress', arguments: { steps: index } }, undefined, {
          onprogress: ({ progress }) => steps.push(progress),
        });
        return steps;
      }),
    );
    expect(seen).toEqual(
      Array.from({ length: 10 }, (_, index) => Array.from({ length: index }, (__, step) => step + 1)),
    );
  });
});
