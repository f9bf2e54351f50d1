import { generateSecretKey } from '@mcp-nostr/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { FaultRelay } from '../helpers/fault-relay.ts';
import type { Faults } from '../helpers/faults.ts';
import { call, text } from './behaviours.ts';
import { type Cell, titleOf } from './cells.ts';
import { HoardingRelay } from './hoarding-relay.ts';
import { Stage } from './stage.ts';

const values: Omit<Cell, 'direction'>[] = [
  { encryption: 'optional', wraps: 'optional', start: 'initialize', relays: 1 },
  { encryption: 'required', wraps: 'persistent', start: 'stateless', relays: 2 },
  { encryption: 'disabled', wraps: 'optional', start: 'initialize', relays: 1 },
];
const directions = ['their client, our server', 'our client, their server'] as const;
const [theirClient = [], ourClient = []] = directions.map((direction) =>
  values.map((each): [string, Cell] => {
    const cell = { direction, ...each };
    return [titleOf(cell), cell];
  }),
);
const encrypted = ([, { encryption }]: [string, Cell]): boolean => encryption !== 'disabled';

/** On relays of its own, closed with the test. */
function stageOn(cell: Cell, relays: readonly { url: string; close: () => Promise<void> }[]): Stage {
  const stage = new Stage(cell, relays);
  onTestFinished(async () => {
    await stage.close();
    await Promise.all(relays.map((relay) => relay.close()));
  });
  return stage;
}

const hoarding = async (): Promise<HoardingRelay[]> => [
  await HoardingRelay.open(),
  await HoardingRelay.open(),
];
const faulty = async (faults: Partial<Faults>): Promise<FaultRelay[]> => [
  await FaultRelay.open({ faults }),
  await FaultRelay.open({ faults }),
];

describe('relays that keep ephemeral events and hand them out again', () => {
  it.each([...theirClient, ...ourClient.filter(encrypted)])(
    '%s: nothing is executed again',
    async (_, cell) => {
      const relays = await hoarding();
      const stage = stageOn(cell, relays);
      const client = await stage.connect();
      const { executions } = stage.tools;
      for (const key of ['one', 'two', 'three']) await call(stage, client, 'count', { key });
      await Promise.all(relays.slice(0, cell.relays).map((relay) => relay.cut()));
      // Both are handed all that was said.
      for (const key of ['four', 'five'])
        expect(await call(stage, client, 'count', { key })).toEqual(text(key));
      expect([...executions.values()]).toEqual([1, 1, 1, 1, 1]);
    },
  );

  it.each(theirClient)('%s: nor by the next process with the key', async (_, cell) => {
    const relays = await hoarding();
    const stage = stageOn(cell, relays);
    const secretKey = generateSecretKey();
    const { executions } = stage.tools;
    const first = await stage.serve({ secretKey });
    const client = await stage.connect({ server: first });
    for (const key of ['one', 'two', 'three']) await call(stage, client, 'count', { key });
    await stage.closeServers();
    // It knows nothing of the one before, nor of what that has executed.
    await stage.nextSecond();
    await stage.serve({ secretKey });
    expect(await call(stage, client, 'count', { key: 'four' })).toEqual(text('four'));
    expect([...executions.values()]).toEqual([1, 1, 1, 1]);
  });

  it.each(ourClient)('%s: an answer is of its own request, and given once', async (_, cell) => {
    const relays = await hoarding();
    const stage = stageOn(cell, relays);
    const secretKey = generateSecretKey();
    for (const name of ['first', 'second', 'third']) {
      const client = await stage.connect({ secretKey });
      expect(await call(stage, client, 'echo', { text: name })).toEqual(text(name));
      await Promise.all(relays.slice(0, cell.relays).map((relay) => relay.cut()));
      expect(await call(stage, client, 'echo', { text: `${name} again` })).toEqual(text(`${name} again`));
      await client.close();
    }
    expect(stage.errors.items).toEqual([]);
  });
});

describe('relays that repeat and reorder', () => {
  const faults = { repeat: 0.5, reorder: 0.3, delayMs: { min: 0, max: 20 }, lateMs: { min: 5, max: 100 } };

  it.each([...theirClient, ...ourClient.filter(encrypted)])('%s: each call once', async (_, cell) => {
    const stage = stageOn(cell, await faulty(faults));
    const client = await stage.connect();
    const keys = Array.from({ length: 10 }, (_each, i) => `key ${i}`);
    const results = await Promise.all(keys.map((key) => call(stage, client, 'count', { key })));
    expect(results).toEqual(keys.map(text));
    await client.ping(stage.requestOptions);
    expect([...stage.tools.executions.values()]).toEqual(keys.map(() => 1));
  });
});

describe('relays that lose', () => {
  // What has gone is said again by nobody but our client, and by that only where it does no harm.
  it.each(ourClient)('%s: connects and lists all the same, and executes nothing twice', async (_, cell) => {
    const stage = stageOn(cell, await faulty({ drop: 0.2 }));
    const client = await stage.connect();
    for (let i = 0; i < 5; i++)
      expect((await client.listTools({}, stage.requestOptions)).tools).toHaveLength(5);
    const calls = ['one', 'two', 'three'].map((key) =>
      client.callTool({ name: 'count', arguments: { key } }, undefined, { timeout: 1_000 }),
    );
    await Promise.allSettled(calls);
    expect([...stage.tools.executions.values()].filter((count) => count !== 1)).toEqual([]);
  });
});
