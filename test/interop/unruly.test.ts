import { generateSecretKey } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { FaultRelay } from '../helpers/fault-relay.ts';
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

interface Opened {
  readonly url: string;
  close(): Promise<void>;
}

/** On relays of its own, closed after it. */
async function onRelays<T extends Opened>(
  cell: Cell,
  open: () => Promise<T>,
  run: (stage: Stage, relays: readonly T[]) => Promise<void>,
): Promise<void> {
  const relays = await Promise.all(Array.from({ length: cell.relays }, () => open()));
  const stage = new Stage(cell, relays);
  try {
    await run(stage, relays);
  } finally {
    await stage.close();
    await Promise.all(relays.map((relay) => relay.close()));
  }
}

/* oxlint-disable vitest/expect-expect -- of what is run on the relays */

const hoarding = (): Promise<HoardingRelay> => HoardingRelay.open();

describe.concurrent('relays that keep ephemeral events and hand them out again', () => {
  it.each([...theirClient, ...ourClient.filter(encrypted)])('%s: nothing is executed again', (_, cell) =>
    onRelays(cell, hoarding, async (stage, relays) => {
      const client = await stage.connect();
      const { executions } = stage.tools;
      for (const key of ['one', 'two', 'three']) await call(stage, client, 'count', { key });
      // Both ends are handed all that was said.
      await Promise.all(relays.map((relay) => relay.cut()));
      for (const key of ['four', 'five'])
        expect(await call(stage, client, 'count', { key })).toEqual(text(key));
      expect([...executions.values()]).toEqual([1, 1, 1, 1, 1]);
    }),
  );

  it.each(theirClient)('%s: nor by the next process with the key', (_, cell) =>
    onRelays(cell, hoarding, async (stage) => {
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
    }),
  );

  it.each(ourClient)('%s: an answer is of its own request, and given once', (_, cell) =>
    onRelays(cell, hoarding, async (stage, relays) => {
      const secretKey = generateSecretKey();
      for (const name of ['first', 'second']) {
        const client = await stage.connect({ secretKey });
        expect(await call(stage, client, 'echo', { text: name })).toEqual(text(name));
        await Promise.all(relays.map((relay) => relay.cut()));
        expect(await call(stage, client, 'echo', { text: `${name} again` })).toEqual(text(`${name} again`));
        await client.close();
      }
      expect(stage.errors.items).toEqual([]);
    }),
  );
});

describe.concurrent('relays that repeat and reorder', () => {
  const faults = { repeat: 0.5, reorder: 0.3, delayMs: { min: 0, max: 20 }, lateMs: { min: 5, max: 100 } };
  const faulty = (): Promise<FaultRelay> => FaultRelay.open({ faults });

  it.each([...theirClient, ...ourClient.filter(encrypted)])('%s: each call once', (_, cell) =>
    onRelays(cell, faulty, async (stage) => {
      const client = await stage.connect();
      const keys = Array.from({ length: 10 }, (_each, i) => `key ${i}`);
      const results = await Promise.all(keys.map((key) => call(stage, client, 'count', { key })));
      expect(results).toEqual(keys.map(text));
      await client.ping(stage.requestOptions);
      expect([...stage.tools.executions.values()]).toEqual(keys.map(() => 1));
    }),
  );
});

describe.concurrent('relays that lose', () => {
  const losing = (): Promise<FaultRelay> => FaultRelay.open();

  // What has gone is said again by nobody but our client, and by that only where it does no harm.
  it.each(ourClient)('%s: what does no harm is said again, a call is not', (_, cell) =>
    onRelays(cell, losing, async (stage, relays) => {
      const client = await stage.connect();
      // It knows by then what the server is.
      await client.ping(stage.requestOptions);
      for (const relay of relays) relay.set({ drop: 1 });
      const lost = client.callTool({ name: 'count', arguments: { key: 'lost' } });
      lost.catch(() => {}); // it is looked at in the end
      const list = client.listTools({}, stage.requestOptions);
      list.catch(() => {});
      // In plain text one relay is given a message, else each.
      const sentTo = cell.encryption === 'disabled' ? 1 : cell.relays;
      const dropped = (): number => relays.reduce((sum, { counts }) => sum + counts.dropped, 0);
      await expect.poll(dropped, { timeout: 20_000 }).toBeGreaterThanOrEqual(2 * sentTo);
      for (const relay of relays) relay.calm();
      expect((await list).tools).toHaveLength(5);
      expect([...stage.tools.executions]).toEqual([]);
      await client.close();
      await expect(lost).rejects.toThrow(/./);
    }),
  );
});
