import { maxTries, type Way } from './plan.ts';
import { type Check, isClean, type Results } from './suite/checks.ts';

export interface ScenarioRuns {
  /** Of the last run of each scenario, those that the suite runs without scoring them included. */
  readonly results: Results;
  /** Runs that did not count. */
  readonly repeats: number;
}

/** One scenario after the other, each as often as its way allows until nothing in it fails or warns. */
export async function runScenarios(
  scenarios: readonly string[],
  way: Way,
  run: (scenario: string, tries: number) => readonly Check[] | Promise<readonly Check[]>,
): Promise<ScenarioRuns> {
  const results = new Map<string, readonly Check[]>();
  let repeats = 0;
  for (const scenario of scenarios) {
    let tries = 1;
    let checks = await run(scenario, tries);
    while (!isClean(checks) && tries < maxTries[way]) {
      repeats++;
      tries++;
      checks = await run(scenario, tries);
    }
    results.set(scenario, checks);
  }
  return { results, repeats };
}
