import { expect, test } from 'vitest';

import { alice, bob, fakeEvent, hex, NOW_SECONDS } from '../fixtures.test.helper.ts';
import { defaultLimits } from '../limits.ts';
import { type Filter, filterableTags, matchesFilter, parseFilter } from './filter.ts';

function filter(value: object): Filter {
  const parsed = parseFilter(value, defaultLimits);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

function matches(value: object, event: Parameters<typeof fakeEvent>[0]): boolean {
  return matchesFilter(filter(value), fakeEvent(event));
}

test('a filter without conditions matches every event that is open to all', () => {
  expect(matches({}, { kind: 1 })).toBe(true);
  expect(matches({}, { kind: 45_000 })).toBe(true);
});

test.each([
  [{ ids: [hex(7)] }, { id: hex(7) }, { id: hex(8) }],
  [{ authors: [alice] }, { pubkey: alice }, { pubkey: bob }],
  [{ kinds: [1, 7] }, { kind: 7 }, { kind: 2 }],
  [{ '#p': [bob] }, { tags: [['p', bob]] }, { tags: [['p', alice]] }],
  [{ '#t': ['x'] }, { tags: [['t', 'x', 'y']] }, { tags: [['t', 'y', 'x']] }],
  [
    { '#t': ['x'] },
    {
      tags: [
        ['e', 'y'],
        ['t', 'z'],
        ['t', 'x'],
      ],
    },
    { tags: [['T', 'x']] },
  ],
  [{ '#d': [''] }, { tags: [['d', '']] }, { tags: [['d']] }],
  [{ since: NOW_SECONDS }, { created_at: NOW_SECONDS }, { created_at: NOW_SECONDS - 1 }],
  [{ until: NOW_SECONDS }, { created_at: NOW_SECONDS }, { created_at: NOW_SECONDS + 1 }],
])('%j matches %j and not %j', (value, one, other) => {
  expect(matches(value, one)).toBe(true);
  expect(matches(value, other)).toBe(false);
});

test('all conditions of a filter must hold', () => {
  const value = { kinds: [1], authors: [alice], '#t': ['x'], '#p': [bob] };
  const event = {
    kind: 1,
    pubkey: alice,
    tags: [
      ['t', 'x'],
      ['p', bob],
    ],
  };
  expect(matches(value, event)).toBe(true);
  expect(matches(value, { ...event, kind: 2 })).toBe(false);
  expect(matches(value, { ...event, pubkey: bob })).toBe(false);
  expect(matches(value, { ...event, tags: [['t', 'x']] })).toBe(false);
});

test.each(['ids', 'authors', 'kinds', '#t', '#p'])('an empty list of %s matches nothing', (key) => {
  expect(
    matches(
      { [key]: [] },
      {
        tags: [
          ['t', 'x'],
          ['p', bob],
        ],
      },
    ),
  ).toBe(false);
});

test('limit says nothing about whether an event matches', () => {
  expect(matches({ limit: 0 }, {})).toBe(true);
});

test.each([1059, 21_059, 25_910])(
  'kind %i goes only to filters that name recipient, author or event',
  (kind) => {
    const event = {
      id: hex(7),
      kind,
      tags: [
        ['p', bob],
        ['t', 'x'],
      ],
    };
    const nameless = [{}, { kinds: [kind] }, { since: 0 }, { '#t': ['x'] }, { kinds: [kind], '#t': ['x'] }];
    expect(nameless.filter((value) => matches(value, event))).toEqual([]);
    const naming = [{ '#p': [bob] }, { kinds: [kind], '#p': [bob] }, { authors: [alice] }, { ids: [hex(7)] }];
    expect(naming.filter((value) => matches(value, event))).toEqual(naming);
  },
);

test.each(['ids', 'authors', '#e', '#p'])('%s takes whole lower-case ids and keys only', (key) => {
  for (const value of ['abc', hex(1).slice(1), 'A'.repeat(64), `${hex(1)}0`, 7, null]) {
    expect(parseFilter({ [key]: [value] }, defaultLimits)).toMatch(/^invalid: /);
  }
});

test.each([
  { kinds: ['1'] },
  { kinds: [1.5] },
  { kinds: [-1] },
  { kinds: [65_536] },
  { kinds: 1 },
  { '#t': 'x' },
  { '#t': [1] },
  { since: '1' },
  { until: -1 },
  { until: 1.5 },
  { limit: null },
  'text',
  null,
  [],
])('%j is refused as invalid', (value) => {
  expect(parseFilter(value, defaultLimits)).toMatch(/^invalid: /);
});

test.each(['search', '&p', '#tt', '#1', '#', 'author', '#é'])(
  'the unknown condition %s is refused, not ignored',
  (key) => {
    expect(parseFilter({ [key]: ['x'] }, defaultLimits)).toMatch(/^unsupported: /);
  },
);

test('a filter has at most so many values, over all its lists', () => {
  const limits = { ...defaultLimits, maxFilterValues: 3 };
  expect(parseFilter({ kinds: [1, 2], '#t': ['a'] }, limits)).toBeTypeOf('object');
  expect(parseFilter({ kinds: [1, 2], '#t': ['a', 'b'] }, limits)).toBe(
    'invalid: a filter has at most 3 values',
  );
});

test('only single-letter tags with a value can be asked for, each value once', () => {
  const tags = [['p', 'a'], ['p', 'b', 'c'], ['p', 'a'], ['pp', 'x'], ['e'], [], ['-'], ['T', '']];
  expect(filterableTags({ tags })).toEqual(
    new Map([
      ['p', new Set(['a', 'b'])],
      ['T', new Set([''])],
    ]),
  );
});
