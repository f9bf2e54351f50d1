import { expect, it } from 'vitest';

import { isDeeperThan } from './json-depth.ts';

const deep = (levels: number, open = '[', close = ']'): string => open.repeat(levels) + close.repeat(levels);

it.each([
  ['arrays', deep(5), deep(6)],
  ['objects', `${'{"a":'.repeat(5)}1${'}'.repeat(5)}`, `${'{"a":'.repeat(6)}1${'}'.repeat(6)}`],
  ['both, beside others', `[${deep(4)},${deep(4)}]`, `[${deep(4)},${deep(5)}]`],
])('levels are counted: %s', (_, fits, isTooDeep) => {
  expect([isDeeperThan(fits, 5), isDeeperThan(isTooDeep, 5)]).toEqual([false, true]);
});

it.each(['[[[[[[', '\\', '\\"[[[[[[', '"\\', '\\\\"', '\\\\\\"[[[[[['])('not in a string: %j', (text) => {
  const json = JSON.stringify([text, deep(4)]);
  expect(isDeeperThan(json, 5)).toBe(false);
  expect(isDeeperThan(`[${json},${deep(5)}]`, 5)).toBe(true);
});

it('what is no JSON comes to an end too', () => {
  expect(isDeeperThan(`"${'\\'.repeat(99)}"${'['.repeat(9)}`, 5)).toBe(false);
  expect(isDeeperThan(']'.repeat(99), 5)).toBe(false);
});
