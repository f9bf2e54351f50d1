import { expect, test } from 'vitest';

import { RecentIds } from './recent-ids.ts';

test('an id is remembered for its time and no longer', () => {
  let nowMs = 0;
  const ids = new RecentIds(10, 1000, () => nowMs);
  ids.add('a');
  nowMs = 999;
  expect(ids.has('a')).toBe(true);
  nowMs = 1000;
  expect(ids.has('a')).toBe(false);
});

test('beyond its number the oldest ids are forgotten', () => {
  const ids = new RecentIds(2, 1000, () => 0);
  for (const id of ['a', 'b', 'c']) ids.add(id);
  expect(['a', 'b', 'c'].map((id) => ids.has(id))).toEqual([false, true, true]);
  expect(ids.size).toBe(2);
});

test('ids whose time is over take no room', () => {
  let nowMs = 0;
  const ids = new RecentIds(10, 1000, () => nowMs);
  ids.add('a');
  ids.add('b');
  nowMs = 1000;
  ids.add('c');
  expect(ids.size).toBe(1);
});

test('an id that is added again is as new', () => {
  const ids = new RecentIds(2, 1000, () => 0);
  for (const id of ['a', 'b', 'a', 'c']) ids.add(id);
  expect(['a', 'b', 'c'].map((id) => ids.has(id))).toEqual([true, false, true]);
});
