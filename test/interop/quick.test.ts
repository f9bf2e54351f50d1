import type { Relay } from '@mcp-nostr/relay';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { goesThrough, refused } from './behaviours.ts';
import { type Cell, titleOf } from './cells.ts';
import { openRelays, Stage } from './stage.ts';

/* oxlint-disable vitest/expect-expect -- the behaviours do */

// A few cells of the matrix, each value in both directions, for every change; the whole is `npm run test:interop`.
const values: Omit<Cell, 'direction'>[] = [
  { encryption: 'optional', wraps: 'optional', start: 'initialize', relays: 1 },
  { encryption: 'optional', wraps: 'ephemeral', start: 'stateless', relays: 2 },
  { encryption: 'required', wraps: 'persistent', start: 'initialize', relays: 2 },
  { encryption: 'required', wraps: 'persistent', start: 'stateless', relays: 1 },
  { encryption: 'disabled', wraps: 'optional', start: 'initialize', relays: 2 },
];
const cells = (['their client, our server', 'our client, their server'] as const).flatMap((direction) =>
  values.map((each): Cell => ({ direction, ...each })),
);

const relays: Relay[] = [];
beforeAll(async () => void relays.push(...(await openRelays())));
afterAll(async () => void (await Promise.all(relays.map((relay) => relay.close()))));

describe.concurrent.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', (_, cell) => {
  const stage = new Stage(cell, relays);
  afterAll(() => stage.close());
  it.sequential('everything, one after the other', () => goesThrough(stage));
  it.runIf(cell.encryption === 'disabled').sequential('refused in our default mode', () => refused(stage));
  it.sequential('reports nothing', () => expect(stage.errors.items).toEqual([]));
});
