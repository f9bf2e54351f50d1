import { formatNpub, generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { parseUpstreamWords } from './upstream-words.ts';

const [one = '', two = ''] = [1, 2].map(() => formatNpub(getPublicKey(generateSecretKey())));

it('gives several servers prefixes: their names, else the start of their npubs', () => {
  expect(parseUpstreamWords([`weather=${one}`, two])).toEqual([
    { prefix: 'weather', address: one },
    { prefix: two.slice(0, 10), address: two },
  ]);
});

it('takes the names of servers, which are prefixes as well', () => {
  expect(parseUpstreamWords(['weather', `far=weather@example.com`])).toEqual([
    { prefix: 'weather', address: 'weather' },
    { prefix: 'far', address: 'weather@example.com' },
  ]);
  expect(parseUpstreamWords(['weather'])).toEqual([{ prefix: undefined, address: 'weather' }]);
});

it('gives one server a prefix only if it has a name', () => {
  expect(parseUpstreamWords([one])).toEqual([{ prefix: undefined, address: one }]);
  expect(parseUpstreamWords([`a=${one}`])).toEqual([{ prefix: 'a', address: one }]);
});

it.each([
  [[one, `b=${one}`], 'given twice'],
  [[`a=${one}`, `a=${two}`], 'two servers would be called a'],
  [[`A=${one}`], 'cannot be the name of a server'],
  [[`a_b=${one}`], 'cannot be the name of a server'],
  [[`a+b=${one}`], 'cannot be the name of a server'],
  [[`=${one}`], 'nothing cannot be the name of a server'],
  [[`${'a'.repeat(25)}=${one}`], 'cannot be the name of a server'],
  [['a=', two], 'address'],
  [['no_name', two], 'not an address'],
  [['weather', two, 'weather'], 'given twice'],
  [['weather@example.com', two], 'needs a name'],
  [[`${one}?invite=abcdefghijklmnop`], 'that is an invite'],
  [Array.from({ length: 33 }, () => one), 'at most 32'],
])('refuses %s', (words, what) => {
  expect(() => parseUpstreamWords(words)).toThrow(what);
});
