import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { formatAddress, formatNpub, parseAddress } from '@mcp-nostr/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

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
  const options = { relay: ['wss://r9.example'], key: './a.key', more: ['--allow-tool', 'read_*'] };
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
  expect(() => connectArgs(npub, { key, more: [] }, {})).toThrow(
    '--key takes the name of a key or of a file',
  );
  expect(() => connectArgs(npub, { more: ['--key', key] }, {})).toThrow('looks like a key');
  expect(() => connectArgs(npub, { more: [`--key=${key}`] }, {})).toThrow('looks like a key');
  expect(() => connectArgs(npub, { more: ['cursor'] }, {})).toThrow('"cursor" is no option of connect');
});

it('names a stored key, and has none in it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-entry-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const keys = join(home, 'mcp-nostr', 'keys');
  mkdirSync(keys, { recursive: true });
  writeFileSync(join(keys, 'work.ncryptsec'), '');
  const moved = { XDG_DATA_HOME: home };
  // A host has no XDG_DATA_HOME, in which the name would be found.
  const path = join(keys, 'work.ncryptsec');
  expect(connectArgs(npub, { key: 'work', more: [] }, moved).slice(2)).toEqual(['--key', path]);
  expect(connectArgs(npub, { more: [] }, { ...moved, MCP_NOSTR_KEY: 'work' }).slice(2)).toEqual([
    '--key',
    path,
  ]);
  writeFileSync(join(keys, 'client.use'), 'work');
  expect(connectArgs(npub, { more: [] }, moved).slice(2)).toEqual(['--key', path]);
  vi.stubEnv('HOME', home);
  onTestFinished(() => void vi.unstubAllEnvs());
  cpSync(join(home, 'mcp-nostr'), join(home, '.local', 'share', 'mcp-nostr'), { recursive: true });
  expect(connectArgs(npub, { key: 'work', more: [] }, {}).slice(2)).toEqual(['--key', 'work']);
  // It follows what is chosen, as this shell does.
  expect(connectArgs(npub, { more: [] }, {}).slice(2)).toEqual([]);
  expect(() => connectArgs(npub, { more: [] }, { NOSTR_SECRET_KEY: key })).toThrow(
    'which a host does not have',
  );
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

describe('a change as it is shown', () => {
  const diff = (before: string, after: string): string => unifiedDiff('f', before, after, (_, text) => text);

  it.each([
    [
      '"env": { "API_KEY": "sk-1", "GITHUB_TOKEN": "gh-2" }',
      '"env": { "API_KEY": "…", "GITHUB_TOKEN": "…" }',
    ],
    [String.raw`"password": "sk-\"1", "b": "c"`, '"password": "…", "b": "c"'],
    ["token = 'sk-1' # mine", "token = '…' # mine"],
    ['"args": ["--api-key", "sk-1", "x"]', '"args": ["--api-key", "…", "x"]'],
    ['"--token",\n    "sk-1"', '"--token",\n     "…"'],
    ['"--header", "Authorization: Bearer sk-12345678"', '"--header", "Authorization: Bearer [redacted]"'],
    ['"url": "https://x/?api_key=sk-12345678"', '"url": "https://x/?api_key=[redacted]"'],
    ['"args": ["--key", "/home/me/a.key"]', '"args": ["--key", "/home/me/a.key"]'],
  ])('leaves out of %s what is secret', (line, shown) => {
    const text = diff(`{\n  ${line}\n}\n`, `{\n  ${line}\n  "srv": 1\n}\n`);
    expect(text).toContain(`\n   ${shown}\n`);
    expect(text).toContain('\n+  "srv": 1');
  });

  it('hides nothing of ours on a line with secrets', () => {
    const before = '{ "a": { "env": { "KEY": "sk-1" } } }';
    const after = '{ "a": { "env": { "KEY": "sk-1" } }, "srv": { "command": "node" } }';
    expect(diff(before, after)).toContain(
      '+{ "a": { "env": { "KEY": "…" } }, "srv": { "command": "node" } }',
    );
  });
});
