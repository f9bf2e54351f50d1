import type { Relay } from '@mcp-nostr/relay';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { behaviours, behavioursOf } from './behaviours.ts';
import { type Cell, titleOf } from './cells.ts';
import { openRelays, Stage } from './stage.ts';
import { clocksOfTheirs, faultOfTheirs } from './themselves.ts';

/* oxlint-disable vitest/expect-expect -- the behaviours do */

/** Cells with us at one end. */
export function matrix(cells: readonly Cell[]): void {
  eachCell(cells, (stage) => {
    it.sequential.each(behavioursOf(stage.cell))('%s', (_name, behaviour) => behaviour(stage));
    it.sequential('reports nothing', () => expect(stage.errors.items).toEqual([]));
  });
}

/** Cells of their SDK with itself: what it cannot do is expected to fail, and says so when a later version can. */
export function matrixOfTheirs(cells: readonly Cell[]): void {
  const clocks = clocksOfTheirs();
  afterAll(clocks.close);
  eachCell(cells, (stage) => {
    const all = [...behaviours, ...clocks.behaviours];
    const [can, cannot] = [false, true].map((isFault) =>
      all
        .map(([name, run]) => ({ name, run, fault: faultOfTheirs(stage.cell, name) }))
        .filter(({ fault }) => (fault !== undefined) === isFault),
    );
    it.sequential.each(can ?? [])('$name', ({ run }) => run(stage));
    it.sequential.fails.each(cannot ?? [])('$name: $fault', ({ run }) => run(stage));
  });
}

/** All on the same relays; while one waits another goes on. */
function eachCell(cells: readonly Cell[], tests: (stage: Stage) => void): void {
  const relays: Relay[] = [];
  beforeAll(async () => void relays.push(...(await openRelays())));
  afterAll(async () => void (await Promise.all(relays.map((relay) => relay.close()))));
  describe.concurrent.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', (_, cell) => {
    const stage = new Stage(cell, relays);
    afterEach(() => stage.disconnect());
    afterAll(() => stage.close());
    tests(stage);
  });
}
