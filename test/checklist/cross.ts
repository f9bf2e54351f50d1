import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest';

import { pairs } from './pairs.ts';
import type { CheckedBare, CheckedWithSdks, Requirement } from './requirement.ts';
import { requirements } from './requirements/index.ts';
import { Bare, Stage } from './stage.ts';
import { type WayName, ways } from './ways.ts';

/* oxlint-disable vitest/expect-expect -- the requirements do */

/** Tests every requirement over one way, with every pair that it is about. */
export function cross(wayName: WayName): void {
  const here = requirements.filter(({ ways: only = [wayName] }: Limits) => only.includes(wayName));
  // Each has a way of its own, so that while one waits another goes on.
  describe.concurrent(`over ${wayName}: ends of its own`, () => {
    const bare = opened(() => Bare.open(ways[wayName]));
    it.sequential.each(titled(here.filter(isBare)))('%s', (_, { runBare }) => runBare(bare()));
  });
  describe.concurrent.each(pairs.map((pair) => [pair.name, pair] as const))(
    `over ${wayName}: %s`,
    (pairName, pair) => {
      const stage = opened(() => Stage.open(ways[wayName], pair));
      const ours = here
        .filter(isWithSdks)
        .filter(({ era }) => era === 'both' || era === pair.era)
        .filter(({ pairs: only = [pairName] }) => only.includes(pairName));
      it.sequential.each(titled(ours))('%s', (_, { run }) => run(stage()));
    },
  );
}

function titled<T extends Requirement>(all: readonly T[]): [string, T][] {
  return all.map((each) => [`${each.id}: ${each.text}`, each]);
}

type Limits = Requirement & { ways?: readonly WayName[] };

/** Open for the tests of one `describe`. */
function opened<T extends Stage | Bare>(open: () => Promise<T>): () => T {
  let scene: T | undefined;
  let checked = 0;
  beforeAll(async () => {
    scene = await open();
  });
  beforeEach(() => scene?.ground.arm());
  afterEach(async () => {
    checked++;
    await scene?.clear();
  });
  afterAll(async () => {
    // A few messages may have been spared, where only some requirements were asked for.
    const isSpared = checked > 10 && scene?.ground.isProven() === false;
    await scene?.close();
    if (isSpared) throw new Error('the way did nothing to the messages, so that nothing is proven');
  });
  return () => {
    if (scene === undefined) throw new Error('it could not be opened');
    return scene;
  };
}

function isBare(requirement: Requirement): requirement is CheckedBare {
  return 'runBare' in requirement;
}

function isWithSdks(requirement: Requirement): requirement is CheckedWithSdks {
  return 'run' in requirement;
}
