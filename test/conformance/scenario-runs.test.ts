import { expect, it } from 'vitest';

import { maxTries, type Way } from './plan.ts';
import { runScenarios } from './scenario-runs.ts';
import type { Check } from './suite/checks.ts';

const check = (status: Check['status']): Check => ({ id: 'a', name: '', status, description: '' });

/** What comes of a scenario that fails so often before it is clean. */
async function runFailing(times: number, way: Way) {
  const tried: number[] = [];
  const { results, repeats } = await runScenarios(['ping'], way, (_, tries) => {
    tried.push(tries);
    return [check(tries > times ? 'SUCCESS' : 'FAILURE')];
  });
  return { tried, repeats, status: results.get('ping')?.[0]?.status };
}

it('a scenario that falls short at a bad relay is run again, and that is counted', async () => {
  expect(await runFailing(2, 'bad relay')).toEqual({ tried: [1, 2, 3], repeats: 2, status: 'SUCCESS' });
});

it('a scenario that falls short again and again is left at that', async () => {
  const { tried, status } = await runFailing(Infinity, 'bad relay');
  expect(tried).toHaveLength(maxTries['bad relay']);
  expect(status).toBe('FAILURE');
});

it.each(['HTTP', 'one relay', 'two relays'] as const)('over %s it has one try', async (way) => {
  expect(await runFailing(1, way)).toEqual({ tried: [1], repeats: 0, status: 'FAILURE' });
});
