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
  [['nonsense', two], 'not an address'],
  [Array.from({ length: 33 }, () => one), 'at most 32'],
])('refuses %s', (words, what) => {
  expect(() => parseUpstreamWords(words)).toThrow(what);
});
