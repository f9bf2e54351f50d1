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
    it.sequential.each(here.filter(isBare))('$id: $text', ({ runBare }) => runBare(bare()));
  });
  describe.concurrent.each(pairs)(`over ${wayName}: $name`, (pair) => {
    const stage = opened(() => Stage.open(ways[wayName], pair));
    const ours = here
      .filter(isWithSdks)
      .filter(({ era }) => era === 'both' || era === pair.era)
      .filter(({ pairs: only = [pair.name] }) => only.includes(pair.name));
    it.sequential.each(ours)('$id: $text', ({ run }) => run(stage()));
  });
}

type Limits = Requirement & { ways?: readonly WayName[] };

/** Open for the tests of one `describe`. */
function opened<T extends Stage | Bare>(open: () => Promise<T>): () => T {
  let scene: T | undefined;
  beforeAll(async () => {
    scene = await open();
  });
  beforeEach(() => scene?.ground.arm());
  afterEach(() => scene?.clear());
  afterAll(() => scene?.close());
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
