import { formatNpub } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { isName } from './names.ts';
import { freeName } from './new-name.ts';

const pubkey = 'c2fdb9f023e8efa9871ff0b9b1b3f183e1ee09605ad3dcbd5a6f3ce64c955abb';
const byKey = `server-${formatNpub(pubkey).slice(-4)}`;

it.each([
  ['Weather (EU)', 'weather-eu'],
  ['mcp-servers/everything', 'everything'],
  ['3d_Printer', 'd-printer'],
  ['a'.repeat(40), 'a'.repeat(24)],
  [`${'a'.repeat(23)} b`, 'a'.repeat(23)],
  ['taken', 'taken-2'],
  ['twice', 'twice-3'],
  ['b'.repeat(24), `${'b'.repeat(22)}-2`],
  // What is an address for others, a host of doctor's, or no word at all.
  ['npub1abc', byKey],
  ['Cursor', byKey],
  ['天气', byKey],
  ['', byKey],
  [undefined, byKey],
])('a server that calls itself %s can be called %s', (ownName, name) => {
  const taken = new Set(['taken', 'twice', 'twice-2', 'b'.repeat(24)]);
  const free = freeName(ownName, pubkey, taken);
  expect(free).toBe(name);
  expect(isName(free)).toBe(true);
});
