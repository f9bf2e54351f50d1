import type { Failure } from './shift.ts';
import { targets } from './targets/index.ts';

export interface Shift {
  name: string;
  seed: number;
  from: number;
  cases: number;
}

/** Long enough for a leak to show, short enough to be spread over the processes. */
const LONGEST_SHIFT = 50_000;

export interface PlanOptions {
  seed: number;
  /** Of all targets together. */
  cases: number;
  target?: string | undefined;
  from?: number | undefined;
}

/** Who gets how many cases; the long shifts first. */
export function plan({ seed, cases, target, from = 0 }: PlanOptions): Shift[] {
  const chosen = targets.filter(({ name }) => target === undefined || name === target);
  if (chosen.length === 0)
    throw new Error(`there is no ${target}; there are ${targets.map(({ name }) => name).join(', ')}`);
  const weights = chosen.reduce((sum, { weight }) => sum + weight, 0);
  const shifts = chosen.flatMap(({ name, weight }) => {
    const share = Math.ceil((cases * weight) / weights);
    return Array.from({ length: Math.ceil(share / LONGEST_SHIFT) }, (_, index) => {
      const first = from + index * LONGEST_SHIFT;
      return { name, seed, from: first, cases: Math.min(LONGEST_SHIFT, from + share - first) };
    });
  });
  return shifts.sort((a, b) => b.cases - a.cases);
}

/** What to do about a failure, for whoever reads it. */
export function describe({ target, seed, case: number, text, reason }: Failure): string {
  const short = text.replace(
    /(.{1,6}?)\1{30,}/gs,
    (run, unit: string) => `${unit}(×${run.length / unit.length})`,
  );
  const shown = short.length > 2_000 ? `${short.slice(0, 2_000)}… (${text.length} characters)` : short;
  return `${target}: ${reason}\n  npm run test:fuzz -- --target ${target} --seed ${seed} --case ${number}\n  ${JSON.stringify(shown)}`;
}
