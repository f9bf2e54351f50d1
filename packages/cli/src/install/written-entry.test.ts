import { resolve } from 'node:path';

import { formatAddress, formatNpub, parseAddress } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { unifiedDiff } from './unified-diff.ts';
import { nameFor } from './server-name.ts';
import { connectArgs } from './written-entry.ts';

const key = 'a'.repeat(64);
const npub = formatNpub(key);
const relays = [1, 2, 3, 4, 5].map((number) => `wss://r${number}.example`);

it('is an address with three relays at most', () => {
  const [word, address = '', ...rest] = connectArgs(formatAddress({ pubkey: key, relays }), { more: [] }, {});
  expect(parseAddress(address)).toEqual({ pubkey: key, relays: relays.slice(0, 3) });
  expect([word, rest]).toEqual(['connect', []]);
  expect(connectArgs(`nostr:${npub}`, { more: [] }, {})).toEqual(['connect', npub]);
});

it('says what the environment of a host would not', () => {
  const env = { MCP_NOSTR_HOME: '/mine', MCP_NOSTR_RELAYS: 'wss://r1.example' };
  expect(connectArgs(npub, { more: [] }, env)).toEqual([
    'connect',
    npub,
    '--relay',
    'wss://r1.example',
    '--key',
    '/mine/keys/client.key',
  ]);
  // The address says where the server is; the environment is for bare keys.
  const address = formatAddress({ pubkey: key, relays: ['wss://r2.example'] });
  expect(connectArgs(address, { more: [] }, { MCP_NOSTR_RELAYS: 'wss://r1.example' })).toEqual([
    'connect',
    address,
  ]);
});

it('takes the options of connect, with an absolute path of the key file', () => {
  const options = { relay: ['wss://r9.example'], key: 'a.key', more: ['--allow-tool', 'read_*'] };
  expect(connectArgs(npub, options, {})).toEqual([
    'connect',
    npub,
    '--relay',
    'wss://r9.example',
    '--key',
    resolve('a.key'),
    '--allow-tool',
    'read_*',
  ]);
  expect(() => connectArgs(npub, { key, more: [] }, {})).toThrow('--key takes the name of a file');
  expect(() => connectArgs(npub, { more: ['--key', key] }, {})).toThrow('looks like a key');
  expect(() => connectArgs(npub, { more: [`--key=${key}`] }, {})).toThrow('looks like a key');
  expect(() => connectArgs(npub, { more: ['cursor'] }, {})).toThrow('"cursor" is no option of connect');
});

it.each([
  ['mcp-servers/everything', 'everything'],
  ['@scope/My Server!', 'my-server'],
  ['Grüße', 'gr-e'],
  ['a-name-that-is-longer-than-hosts-like', 'a-name-that-is-longer-th'],
  ['', `nostr-${npub.slice(-4)}`],
  ['…', `nostr-${npub.slice(-4)}`],
  [undefined, `nostr-${npub.slice(-4)}`],
])('makes a name for hosts of %j', (name, expected) => {
  expect(nameFor(name, key)).toBe(expected);
});

it('shows a change without the secrets around it', () => {
  const before = '{\n  "env": { "API_KEY": "sk-1", "GITHUB_TOKEN": "gh-2" }\n}\n';
  const diff = unifiedDiff('f.json', before, before.replace(' }\n', ' },\n  "srv": 1\n'), (_, text) => text);
  expect(diff).toContain('-  "env": { "API_KEY": "…" }');
  expect(diff).toContain('+  "srv": 1');
  expect(diff).not.toMatch(/sk-1|gh-2/);
  expect(unifiedDiff('f', 'password = "p"\n', 'password = "p"\nx = 1\n', (_, text) => text)).not.toContain(
    '"p"',
  );
});
