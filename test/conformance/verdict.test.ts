import { describe, expect, it } from 'vitest';

import type { Leg } from './plan.ts';
import { shortfalls } from './report.ts';
import type { Check } from './suite/checks.ts';
import { belowBar, belowControl, countOf, type LegResult } from './verdict.ts';

const control: Leg = { side: 'client', revision: '2025-11-25', sdk: '2.x', way: 'HTTP' };
const required = ['initialize', 'tools_call', 'elicitation-sep1034-client-defaults', 'sse-retry'];

const check = (status: Check['status'], id = 'a-check', name = ''): Check => ({
  id,
  name,
  status,
  description: 'what should be',
});

/** Every required scenario with one success, but for these. */
function result(way: Leg['way'], others: Record<string, Check[]> = {}): LegResult {
  const results = new Map(required.map((scenario) => [scenario, [check('SUCCESS')]]));
  for (const [scenario, checks] of Object.entries(others)) results.set(scenario, checks);
  return { leg: { ...control, way }, required, results, repeats: 0 };
}

describe('counts', () => {
  it('are of the required scenarios, without what is only told', () => {
    const others = { 'sse-retry': [check('SUCCESS'), check('WARNING'), check('INFO'), check('SKIPPED')] };
    const counted = result('HTTP', { ...others, 'not-required': [check('SUCCESS')] });
    expect(countOf(counted)).toEqual({ scenarios: 4, checks: 4, warnings: 1, unscored: 1 });
  });

  it('leave out a scenario that failed, that checked nothing or that was not run', () => {
    const counted = result('HTTP', { 'sse-retry': [check('SUCCESS'), check('FAILURE')], tools_call: [] });
    expect(countOf(counted).scenarios).toBe(2);
    const unfinished = { ...counted, results: new Map() };
    expect(countOf(unfinished)).toEqual({ scenarios: 0, checks: 0, warnings: 0, unscored: 0 });
  });
});

describe('the control', () => {
  it('is at its bar when all required scenarios pass', () => {
    expect(belowBar(result('HTTP'))).toEqual([]);
  });

  it('is below with a failure, and says which check', () => {
    const [counts, problem] = belowBar(result('HTTP', { 'sse-retry': [check('FAILURE')] }));
    expect(counts).toContain('3 of 4 scenarios passed, 4 have to');
    expect(problem).toBe('client 2025-11-25, SDK 2.x, HTTP: sse-retry a-check: FAILURE what should be');
  });

  it('is below with a warning', () => {
    const [warnings] = belowBar(result('HTTP', { 'sse-retry': [check('SUCCESS'), check('WARNING')] }));
    expect(warnings).toContain('1 warnings, there must be none');
  });

  it('is below when the suite requires fewer scenarios than it did', () => {
    expect(belowBar({ ...result('HTTP'), required: required.slice(1) })[0]).toContain('3 of 3');
  });

  it('of a server is below when a check is missing', () => {
    const leg: Leg = { ...control, side: 'server' };
    const scenarios = Array.from({ length: 30 }, (_, index) => `scenario-${index}`);
    const results = new Map(scenarios.map((scenario) => [scenario, [check('SUCCESS'), check('SUCCESS')]]));
    const short = belowBar({ leg, required: scenarios, results, repeats: 0 });
    expect(short).toEqual(['server 2025-11-25, SDK 2.x, HTTP: 60 checks succeeded, 70 have to']);
  });
});

describe('another way', () => {
  it('is as good as its control with the same successes in whatever order', () => {
    const one = check('SUCCESS', 'one');
    const two = check('SUCCESS', 'two', 'of it');
    const over = (way: Leg['way'], order: Check[]): LegResult => result(way, { tools_call: order });
    expect(belowControl(over('HTTP', [one, two]), over('one relay', [two, one]))).toEqual([]);
  });

  it('may have more checks than its control', () => {
    const more = { tools_call: [check('SUCCESS'), check('SUCCESS', 'more'), check('INFO')] };
    expect(belowControl(result('HTTP'), result('one relay', more))).toEqual([]);
  });

  it('is worse when a check fails, and says how', () => {
    const failed = { ...check('FAILURE'), errorMessage: 'HTTP 500' };
    expect(belowControl(result('HTTP'), result('one relay', { tools_call: [failed] }))).toEqual([
      'client 2025-11-25, SDK 2.x, one relay: tools_call a-check: FAILURE HTTP 500',
    ]);
  });

  it('is worse when a check that succeeded twice succeeds once', () => {
    const twice = result('HTTP', { tools_call: [check('SUCCESS'), check('SUCCESS')] });
    expect(belowControl(twice, result('one relay'))).toEqual([
      'client 2025-11-25, SDK 2.x, one relay: tools_call a-check: was not checked, or not as often as over HTTP',
    ]);
  });

  it('is worse when a scenario did not come to its end', () => {
    const cut = result('one relay');
    const results = new Map([...cut.results].filter(([scenario]) => scenario !== 'sse-retry'));
    expect(belowControl(result('HTTP'), { ...cut, results })).toEqual([
      'client 2025-11-25, SDK 2.x, one relay: sse-retry: was not run to its end',
    ]);
  });
});

describe('a scenario that is run without being scored', () => {
  const unscored = (way: Leg['way'], status: Check['status']): LegResult =>
    result(way, { unscored: [check(status)] });

  it('must come about over another way as it does over HTTP', () => {
    expect(belowControl(unscored('HTTP', 'SUCCESS'), unscored('one relay', 'FAILURE'))).toHaveLength(1);
    expect(belowControl(unscored('HTTP', 'SUCCESS'), result('one relay'))).toHaveLength(1);
  });

  it('may fail where it fails over HTTP', () => {
    expect(belowControl(unscored('HTTP', 'FAILURE'), unscored('one relay', 'FAILURE'))).toEqual([]);
  });
});

describe('what is short', () => {
  it('is nothing when the control is at its bar and the other way as good', () => {
    expect(shortfalls([result('HTTP'), result('two relays')])).toEqual([]);
  });

  it('is a way whose control was not run', () => {
    expect(shortfalls([result('two relays')])).toEqual([
      'client 2025-11-25, SDK 2.x, two relays: its control was not run',
    ]);
  });
});
