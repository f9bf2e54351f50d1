import { bars, describeLeg, type Leg } from './plan.ts';
import type { ScenarioRuns } from './scenario-runs.ts';
import { type Check, isClean, type Results } from './suite/checks.ts';

export interface LegResult extends ScenarioRuns {
  readonly leg: Leg;
  /** Names of the scenarios that count. */
  readonly required: readonly string[];
}

export interface Counts {
  /** Required scenarios without a failed check. */
  scenarios: number;
  /** Checks in required scenarios that succeeded. */
  checks: number;
  warnings: number;
  /** Scenarios that the suite runs without scoring them, in which everything succeeded. */
  unscored: number;
}

export function countOf({ required, results }: LegResult): Counts {
  const checks = required.flatMap((scenario) => results.get(scenario) ?? []);
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return {
    scenarios: required.filter((scenario) => hasPassed(results.get(scenario))).length,
    checks: count('SUCCESS'),
    warnings: count('WARNING'),
    unscored: cleanOnes(results).filter((scenario) => !required.includes(scenario)).length,
  };
}

function cleanOnes(results: Results): string[] {
  return [...results].filter(([, checks]) => isClean(checks)).map(([scenario]) => scenario);
}

/** As the suite counts, save that a scenario without any check has not passed. */
function hasPassed(checks: readonly Check[] = []): boolean {
  return (
    checks.some(({ status }) => status === 'SUCCESS') && checks.every(({ status }) => status !== 'FAILURE')
  );
}

/** What keeps the control from its bar, in words. */
export function belowBar(control: LegResult): string[] {
  const { leg, required } = control;
  const bar = bars[leg.side][leg.revision];
  const counts = countOf(control);
  const short: string[] = [];
  if (required.length !== bar.scenarios || counts.scenarios !== bar.scenarios)
    short.push(`${counts.scenarios} of ${required.length} scenarios passed, ${bar.scenarios} have to`);
  if (bar.checks !== undefined && counts.checks !== bar.checks)
    short.push(`${counts.checks} checks succeeded, ${bar.checks} have to`);
  if (counts.warnings > 0) short.push(`${counts.warnings} warnings, there must be none`);
  const problems = required.flatMap((scenario) =>
    (control.results.get(scenario) ?? [])
      .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
      .map((check) => describeCheck(scenario, check)),
  );
  return [...short, ...problems].map((line) => `${describeLeg(leg)}: ${line}`);
}

/**
 * Every check that succeeded over HTTP and not here, and every one that warns or fails here: in the required scenarios,
 * and in what else was all right over HTTP.
 */
export function belowControl(control: LegResult, other: LegResult): string[] {
  return [...new Set([...control.required, ...cleanOnes(control.results)])]
    .flatMap((scenario) =>
      differences(scenario, control.results.get(scenario) ?? [], other.results.get(scenario)),
    )
    .map((line) => `${describeLeg(other.leg)}: ${line}`);
}

function differences(
  scenario: string,
  expected: readonly Check[],
  got: readonly Check[] | undefined,
): string[] {
  if (got === undefined) return [`${scenario}: was not run to its end`];
  const unmatched = got.filter(({ status }) => status === 'SUCCESS').map(keyOf);
  const lost = expected
    .filter(({ status }) => status === 'SUCCESS')
    .filter((check) => {
      const place = unmatched.indexOf(keyOf(check));
      if (place !== -1) unmatched.splice(place, 1);
      return place === -1;
    });
  const bad = got.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  // A check that is missing is the consequence of one that failed.
  if (bad.length > 0) return bad.map((check) => describeCheck(scenario, check));
  return lost.map((check) => `${scenario} ${keyOf(check)}: was not checked, or not as often as over HTTP`);
}

function keyOf({ id, name }: Check): string {
  return name === '' ? id : `${id} (${name})`;
}

function describeCheck(scenario: string, check: Check): string {
  return `${scenario} ${keyOf(check)}: ${check.status} ${check.errorMessage ?? check.description}`;
}
