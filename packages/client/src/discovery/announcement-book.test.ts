import {
  type EventTemplate,
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  parseAddress,
  signEvent,
} from '@mcp-nostr/core';
import { announcementTemplates, noSupport, withdrawalTemplate } from '@mcp-nostr/core/contextvm';
import { expect, it } from 'vitest';

import { AnnouncementBook } from './announcement-book.ts';

const NOW = 1_700_000_000;
const key = generateSecretKey();
const pubkey = getPublicKey(key);
const sign = (template: EventTemplate): NostrEvent => signEvent(template, key);
const initialize = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  serverInfo: { name: 'x', version: '1' },
};

function announcement(name: string, createdAt: number): NostrEvent[] {
  const offer = { initialize, introduction: { name }, support: noSupport, lists: { tools: [] } };
  return announcementTemplates(offer, createdAt).map(sign);
}

function bookOf(relays: string[], events: readonly NostrEvent[]): AnnouncementBook {
  const book = new AnnouncementBook(relays, () => NOW);
  for (const event of events) book.add(event, relays[0] ?? '');
  return book;
}

const relayList = (...urls: string[]): NostrEvent =>
  sign({ kind: 10_002, created_at: NOW, content: '', tags: urls.map((url) => ['r', url]) });

it('leads nobody from a public relay to one of their own machine or network', () => {
  const list = relayList('ws://127.0.0.1:6379', 'wss://192.168.1.1', 'wss://two.example');
  const events = [...announcement('x', NOW), list];
  const server = bookOf(['wss://one.example'], events).server(pubkey);
  expect(server?.relays).toEqual(['wss://two.example']);
  expect(parseAddress(server?.address ?? '').relays).toEqual(['wss://two.example']);
  const other = bookOf(['wss://one.example'], [...announcement('x', NOW), relayList('ws://localhost')]);
  expect(parseAddress(other.server(pubkey)?.address ?? '').relays).toEqual(['wss://one.example']);
  const own = bookOf(['ws://127.0.0.1:7777'], events).server(pubkey);
  expect(own?.relays).toHaveLength(3);
});

it('has the newest of each kind, whatever the order', () => {
  const events = [...announcement('new', NOW), ...announcement('old', NOW - 1)];
  for (const each of [events, events.toReversed()])
    expect(bookOf(['wss://one.example'], each).server(pubkey)?.name).toBe('new');
});

it('does not bring back an older version of what was withdrawn by its id', () => {
  const [old, now] = [announcement('old', NOW - 1), announcement('now', NOW)];
  const withdrawal = sign({ kind: 5, created_at: NOW, content: '', tags: [['e', now[0]?.id ?? '']] });
  expect(bookOf(['wss://one.example'], [...old, ...now, withdrawal]).server(pubkey)).toBeUndefined();
});

it('shows no server of which only lists are left', () => {
  const [, ...lists] = announcement('x', NOW);
  expect(bookOf(['wss://one.example'], lists).servers).toEqual([]);
});

it('keeps the newest of many withdrawals', () => {
  const withdrawals = Array.from({ length: 20 }, (_, index) =>
    sign(withdrawalTemplate(pubkey, { kinds: [11_316] }, NOW - 20 + index)),
  );
  for (const each of [withdrawals, withdrawals.toReversed()]) {
    expect(bookOf(['wss://one.example'], [...announcement('x', NOW - 1), ...each]).servers).toEqual([]);
    expect(bookOf(['wss://one.example'], [...announcement('x', NOW), ...each]).servers).toHaveLength(1);
  }
});

it('takes nothing that is forged, of a time to come, or of another kind', () => {
  const [event] = announcement('x', NOW + 901);
  const [genuine] = announcement('x', NOW);
  const note = sign({ kind: 1, created_at: NOW, content: 'hello', tags: [] });
  const book = bookOf(['wss://one.example'], []);
  const forged = { ...genuine, content: '{}' } as NostrEvent;
  for (const each of [event, note, forged]) if (each) expect(book.add(each, 'wss://one.example')).toBe(false);
  expect(book.pubkeys).toEqual([]);
});
