import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('progress, $name', (leg) => {
  const world = sharedWorld(leg);

  it('arrives in order and complete, the last one although it leaves in the tick of the response', async () => {
    const { client, errors } = await world.connect();
    for (const steps of [1, 2, 12]) {
      const seen: number[] = [];
      await client.callTool({ name: 'progress', arguments: { steps } }, undefined, {
        onprogress: ({ progress }) => seen.push(progress),
      });
      expect(seen).toEqual(Array.from({ length: steps }, (_, index) => index + 1));
    }
    expect(unexplained(leg, errors.items)).toEqual([]);
  });

  it('does not arrive after the response', async () => {
    const { client, errors } = await world.connect();
    const seen: number[] = [];
    await client.callTool({ name: 'progress', arguments: { steps: 2, late: true } }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    await client.callTool({ name: 'delay', arguments: { ms: 5, text: '' } });
    expect(seen).toEqual([1, 2]);
    expect(unexplained(leg, errors.items)).toEqual([]); // the SDK complains of progress for a request that is over
  });

  it('keeps the kind and the value of the token', async () => {
    const raw = await new RawClient(world.transport()).open();
    for (const progressToken of ['tök\u0000en', '7', 7, 0]) {
      const before = raw.received.count;
      await raw.callTool(`call ${progressToken}`, 'progress', { steps: 2 }, { progressToken });
      const tokens = raw.received.items
        .slice(before)
        .flatMap((message) => ('method' in message ? [message.params?.['progressToken']] : []));
      expect(tokens).toEqual([progressToken, progressToken]);
    }
  });
});
