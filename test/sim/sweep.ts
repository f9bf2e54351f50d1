import { simulate, type Verdict } from './simulation.ts';

/** Runs with these seeds; returns those in which something is wrong. */
export function sweep(firstSeed: number, runs: number): Verdict[] {
  const bad: Verdict[] = [];
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const verdict = simulate(seed);
    if (verdict.violations.length > 0) bad.push(verdict);
  }
  return bad;
}

/** What to do about a run, for whoever reads a failure. */
export function describe({ seed, violations, scenario }: Verdict): string {
  const replay = `pnpm test:sim --seed ${seed} --runs 1`;
  return `seed ${seed} (${replay}):\n  ${violations.join('\n  ')}\n  ${JSON.stringify(scenario)}`;
}
