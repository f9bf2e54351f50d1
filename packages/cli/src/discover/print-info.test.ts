import { noSupport } from '@mcp-nostr/core/contextvm';
import { expect, it } from 'vitest';

import { formatInfo, type ServerInfo } from './print-info.ts';

const pubkey = '4f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa';
const announcement: NonNullable<ServerInfo['announcement']> = {
  pubkey,
  address: 'nprofile1test',
  relays: [],
  foundOn: ['wss://one.example'],
  name: 'Shop',
  support: { ...noSupport, encryption: true },
  schemas: [],
  categories: [],
  prices: [],
  createdAt: 0,
};
const page = (change: Partial<typeof announcement>): string =>
  formatInfo(
    {
      pubkey,
      address: 'nprofile1test',
      relays: [],
      announcement: { ...announcement, ...change },
      asked: undefined,
      failure: undefined,
      isEncrypted: true,
      isAlive: true,
    },
    (style, text) => (style === 'dim' ? `<${text}>` : text),
    60,
  );

it('says what a server asks for, without what a terminal would obey', () => {
  const prices = [
    { capability: 'tool:dear', price: '21', unit: 'sats' },
    { capability: 'prompt:a\u001b[2J', price: '1-5', unit: 'sats' },
  ];
  expect(page({ prices })).toContain('<prices     > tool:dear 21 sats, prompt:a[2J 1-5 sats\n');
  expect(page({})).not.toContain('prices');
});

it('shows so many tools as one can look at, and how many more there are', () => {
  const tools = Array.from({ length: 1_234 }, (_, index) => ({ name: `tool-${index}` }));
  const lines = page({ tools }).trimEnd().split('\n');
  expect(lines.slice(-2)).toEqual(['    tool-199', '    … and 1034 more, with --json']);
  expect(page({ tools: [{ name: 'a', description: 'b' }] })).toMatch(/\n    a {2}<b>\n$/);
});
