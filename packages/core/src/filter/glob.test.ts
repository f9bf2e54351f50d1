import { expect, it } from 'vitest';

import { Glob } from './glob.ts';

it.each([
  ['echo', ['echo'], ['Echo', 'echo2', 'an echo', '']],
  ['get_*', ['get_', 'get_a', 'get_a_b'], ['get', 'xget_a', 'GET_a']],
  ['*', ['', 'a', 'a/b:c\nd'], []],
  [
    'file:///public/*',
    ['file:///public/', 'file:///public/a/b.txt'],
    ['file:///private/a', 'FILE:///public/a'],
  ],
  ['*a*b*c', ['abc', 'xaxbxc', 'abcc', 'aabbcabc'], ['ab', 'abcd', 'acb']],
  ['?', ['a', 'ü', '🌍'], ['', 'ab']],
  ['v[0-9a]', ['v0', 'v9', 'va'], ['vb', 'v', 'v-']],
  ['v[!0-9]', ['va'], ['v0']],
  ['v[^0-9]', ['va'], ['v0']],
  ['[[]x[]]', ['[x]'], ['x', '[x']],
  ['[a-]', ['a', '-'], ['b']],
  ['[🌍-🌏]', ['🌎'], ['🌐']],
  ['a.c', ['a.c'], ['abc']],
  ['a\\*', ['a\\', 'a\\b'], ['a*']],
])('%s matches whole names', (pattern, matching, others) => {
  const glob = new Glob(pattern);
  expect(matching.filter((name) => !glob.matches(name))).toEqual([]);
  expect(others.filter((name) => glob.matches(name))).toEqual([]);
});

it('can look past capitals', () => {
  expect(new Glob('Get_[A-C]*').matches('gET_bX', { ignoreCase: true })).toBe(true);
  expect(new Glob('get_[!a]').matches('GET_A', { ignoreCase: true })).toBe(false);
});

it.each([
  ['', 'empty'],
  ['a[b', '[[]'],
  ['[]', '[[]'],
  ['[z-a]', 'z-a'],
  ['x'.repeat(257), '256'],
])('says what is wrong with %s', (pattern, what) => {
  expect(() => new Glob(pattern)).toThrow(what);
});

it('takes time in proportion to the name, whatever pattern and name', () => {
  // Each of these would keep a regular expression made of it busy for longer than anybody waits.
  const glob = new Glob(`${'*a'.repeat(60)}*b`);
  expect(glob.matches('a'.repeat(2_048))).toBe(false);
  expect(glob.matches(`${'a'.repeat(2_048)}b`)).toBe(true);
});
