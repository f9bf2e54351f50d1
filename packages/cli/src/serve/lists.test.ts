import { formatNpub } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { collectKeys, takeLists } from './lists.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const relay = 'wss://one.example';

it('takes several keys in one value, and each only once', () => {
  expect(collectKeys(`${a},${b} ${formatNpub(c)}`, [b])).toEqual([b, a, c]);
});

it.each([
  ['a program', ['node', 'x.js'], {}, ['node', 'x.js'], {}],
  ['more keys', [b, formatNpub(c), 'node'], { allow: [a] }, ['node'], { allow: [a, b, c] }],
  ['keys with a comma', [`${b},${c}`, 'node'], { allow: [a] }, ['node'], { allow: [a, b, c] }],
  [
    'more relays',
    ['wss://two.example', 'node'],
    { relay: [relay] },
    ['node'],
    { relay: [relay, 'wss://two.example'] },
  ],
  [
    'more of both',
    [b, 'wss://two.example', 'https://host/mcp'],
    { allow: [a], relay: [relay] },
    ['https://host/mcp'],
    { allow: [a, b], relay: [relay, 'wss://two.example'] },
  ],
  ['a URL behind a list', ['https://host/mcp'], { relay: [relay] }, ['https://host/mcp'], { relay: [relay] }],
  [
    'a WebSocket server behind a list',
    ['ws://host/mcp'],
    { relay: [relay] },
    ['ws://host/mcp'],
    { relay: [relay] },
  ],
  ['a key without --allow', [b, 'node'], {}, [b, 'node'], {}],
])('reads %s', (_, words, options, rest, taken) => {
  expect(takeLists(words, options)).toEqual([rest, taken]);
});
