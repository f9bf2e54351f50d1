import { runClientLeg } from './client-leg.ts';
import { describeLeg, type Leg, type Revision, type Side } from './plan.ts';
import { runServerLeg } from './server-leg.ts';
import { parseRequirements } from './suite/requirements.ts';
import { listRequirements } from './suite/run-suite.ts';
import type { LegResult } from './verdict.ts';
import type { Workshop } from './workshop.ts';

/** Most of a leg is waiting; more at a time would push answers past the time limits in some scenarios. */
const LEGS_AT_A_TIME = 3;

/** Runs all of them and gives their results in the same order. */
export async function runLegs(
  legs: readonly Leg[],
  workshop: Workshop,
  onprogress: (line: string) => void,
): Promise<LegResult[]> {
  const listings = new Map<Revision, Promise<string>>();
  const requiredOf = async (revision: Revision, side: Side): Promise<string[]> => {
    const listing = listings.get(revision) ?? listRequirements(workshop.suite, revision);
    listings.set(revision, listing);
    return parseRequirements(await listing, side);
  };
  const run = async (leg: Leg): Promise<LegResult> => {
    const fromMs = performance.now();
    const required = await requiredOf(leg.revision, leg.side);
    const runLeg = leg.side === 'server' ? runServerLeg : runClientLeg;
    try {
      const runs = await runLeg(leg, required, workshop);
      onprogress(`${describeLeg(leg)}: ${((performance.now() - fromMs) / 1_000).toFixed(1)} s`);
      return { leg, required, ...runs };
    } catch (error) {
      onprogress(`${describeLeg(leg)} could not be run: ${String(error)}`);
      return { leg, required, results: new Map(), repeats: 0 };
    }
  };
  return mapAtATime(legs, LEGS_AT_A_TIME, run);
}

async function mapAtATime<T, R>(
  items: readonly T[],
  atATime: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of rest) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return results;
}
