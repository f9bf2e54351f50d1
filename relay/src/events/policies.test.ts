import { expect, test } from 'vitest';

import { alice, bob, fakeEvent, NOW_SECONDS } from '../fixtures.test.helper.ts';
import { defaultLimits } from '../limits.ts';
import { refusal } from './policies.ts';

function judge(
  fields: Parameters<typeof fakeEvent>[0],
  limits: Partial<typeof defaultLimits> = {},
): string | undefined {
  return refusal(fakeEvent(fields), { ...defaultLimits, ...limits }, NOW_SECONDS);
}

test('an ordinary event is not refused', () => {
  expect(
    judge({
      kind: 1,
      tags: [
        ['p', bob],
        ['expiration', String(NOW_SECONDS + 1)],
      ],
    }),
  ).toBeUndefined();
});

test('an event is at most 900 s ahead of the clock', () => {
  expect(judge({ created_at: NOW_SECONDS + 900 })).toBeUndefined();
  expect(judge({ created_at: NOW_SECONDS + 901 })).toMatch(/^invalid: created_at .* future/);
});

test.each([
  [25_910, 900],
  [21_059, 172_800],
  [20_001, 172_800],
])('an event of kind %i is at most %i s old', (kind, seconds) => {
  const tags = [['p', bob]];
  expect(judge({ kind, tags, created_at: NOW_SECONDS - seconds })).toBeUndefined();
  expect(judge({ kind, tags, created_at: NOW_SECONDS - seconds - 1 })).toMatch(
    /^invalid: created_at .* past/,
  );
});

test.each([1, 1059, 10_002, 30_000])('a stored event of kind %i may be of any age', (kind) => {
  expect(judge({ kind, tags: [['p', bob]], created_at: 0 })).toBeUndefined();
});

test('an expired event is refused', () => {
  expect(judge({ tags: [['expiration', String(NOW_SECONDS)]] })).toBe('invalid: the event has expired');
  expect(judge({ tags: [['expiration', 'soon']] })).toBeUndefined();
});

test('an answer to a challenge is not published', () => {
  expect(judge({ kind: 22_242 })).toMatch(/^invalid: kind 22242/);
});

test.each([1059, 21_059])('a gift wrap of kind %i names exactly one recipient', (kind) => {
  expect(judge({ kind, tags: [['p', bob]] })).toBeUndefined();
  expect(
    judge({
      kind,
      tags: [
        ['p', bob],
        ['p', bob],
      ],
    }),
  ).toBeUndefined();
  const wrong = [
    [],
    [['p']],
    [['p', 'bob']],
    [
      ['p', bob],
      ['p', alice],
    ],
    [['p', bob], ['p']],
  ];
  for (const tags of wrong) expect(judge({ kind, tags })).toMatch(/^invalid: a gift wrap/);
});

test('a protected event is refused, and a repost of one', () => {
  expect(judge({ tags: [['-']] })).toMatch(/^restricted: /);
  for (const kind of [6, 16]) {
    expect(judge({ kind, content: JSON.stringify({ tags: [['-']] }) })).toMatch(/^restricted: /);
    expect(judge({ kind, content: JSON.stringify({ tags: [['p', bob]] }) })).toBeUndefined();
    expect(judge({ kind, content: 'not json' })).toBeUndefined();
  }
});

test('an event has at most so many tags', () => {
  const limits = { maxEventTags: 2 };
  expect(judge({ tags: [['a'], ['b']] }, limits)).toBeUndefined();
  expect(judge({ tags: [['a'], ['b'], ['c']] }, limits)).toMatch(/^invalid: an event has at most 2 tags/);
});

test('the value of a single-letter tag is bounded in bytes, that of others is not', () => {
  const limits = { maxTagValueBytes: 3 };
  expect(
    judge(
      {
        tags: [
          ['t', 'abc'],
          ['t', 'abc', 'more'],
          ['title', 'abcd'],
        ],
      },
      limits,
    ),
  ).toBeUndefined();
  expect(judge({ tags: [['t', 'abcd']] }, limits)).toMatch(/^invalid: the value of a single-letter tag/);
  expect(judge({ tags: [['t', 'éé']] }, limits)).toMatch(/^invalid: the value of a single-letter tag/);
});
