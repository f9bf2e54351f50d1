import { formatAddress, formatNpub } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { ownServers } from './own-entry.ts';

const key = 'a'.repeat(64);
const other = 'b'.repeat(64);
const npub = formatNpub(key);

it.each([
  ['npx', '-y', 'mcp-nostr', 'connect', npub],
  ['npx', '-y', 'mcp-nostr@0.1.0', 'connect', formatAddress({ pubkey: key, relays: ['wss://r.example'] })],
  [
    'cmd',
    '/c',
    'npx',
    '-y',
    'mcp-nostr@1.0.0-rc.1',
    'connect',
    `nostr:${npub}`,
    '--relay',
    'wss://r.example',
  ],
  ['mcp-nostr', 'connect', key],
  ['/usr/bin/node', '/usr/lib/node_modules/mcp-nostr/dist/mcp-nostr.js', 'connect', npub, '--key', '/k'],
  ['C:\\node.exe', 'C:\\Users\\me\\mcp-nostr\\programs\\mcp-nostr-0.1.0.mjs', 'connect', npub],
  ['node', '--import', 'tsx', '/src/packages/cli/src/main.ts', 'connect', npub],
])('is ours, for that server: %s %s %s', (command, ...args) => {
  expect(ownServers({ command, args })).toEqual([key]);
});

it('tells every server of an entry that has several', () => {
  expect(ownServers({ command: 'mcp-nostr', args: ['connect', npub, other] })).toEqual([key, other]);
});

it.each([
  { command: 'npx', args: ['-y', 'other', 'connect', npub] },
  { command: 'npx', args: ['-y', 'nostr-mcp-nostr-x', 'connect', npub] },
  { command: 'mcp-nostr', args: ['call', npub] },
  { command: 'connect', args: [npub] },
  { url: 'https://host/mcp' },
  { command: 'mcp-nostr', args: 'connect' },
  'mcp-nostr connect',
  null,
])("is somebody else's: %j", (entry) => {
  expect(ownServers(entry)).toBeUndefined();
});
