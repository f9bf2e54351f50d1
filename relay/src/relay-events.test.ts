import type { NostrEvent } from '@mcp-nostr/core';
import { expect, test, vi } from 'vitest';

import { openClient, openRelay } from './client.test.helper.ts';
import { alice, bob, bobKey, NOW_SECONDS, signed } from './fixtures.test.helper.ts';

function ids(events: NostrEvent[]): string[] {
  return events.map(({ id }) => id);
}

test('a regular event is stored and answered with true', async () => {
  const relay = await openRelay();
  const client = await openClient(relay);
  const event = signed({ tags: [['t', 'x']], content: '\u0001 "quotes" \u{1f600}' });
  expect(await client.publish(event)).toEqual(['OK', event.id, true, '']);
  expect(await client.request('a', { '#t': ['x'] })).toEqual([event]);
  expect(relay.stats()).toMatchObject({ accepted: 1, stored: 1 });
});

test('an event that is stored already is a duplicate, and not sent again', async () => {
  const relay = await openRelay();
  const client = await openClient(relay);
  const event = signed();
  await client.publish(event);
  await client.request('a', { limit: 0 });
  expect(await client.publish(event)).toEqual(['OK', event.id, true, expect.stringMatching(/^duplicate: /)]);
  expect(await client.live()).toEqual([]);
  expect(relay.stats()).toMatchObject({ accepted: 1, duplicates: 1, stored: 1 });
});

test.each(['content', 'sig', 'pubkey', 'id'] as const)(
  'an event with a changed %s is refused',
  async (field) => {
    const relay = await openRelay();
    const client = await openClient(relay);
    const event = { ...signed(), [field]: signed({}, bobKey)[field] };
    expect(await client.publish(event)).toEqual([
      'OK',
      event.id,
      false,
      'invalid: the id or the signature is wrong',
    ]);
    expect(relay.stats()).toMatchObject({ refused: 1, stored: 0 });
  },
);

test('an event without the shape of one is refused under its id', async () => {
  const relay = await openRelay();
  const client = await openClient(relay);
  const { content, ...event } = signed();
  client.say('EVENT', event);
  expect(await client.next()).toEqual([
    'OK',
    event.id,
    false,
    'invalid: not a Nostr event: content is not a string',
  ]);
  expect(content).not.toBe('');
  expect(relay.stats().refused).toBe(1);
});

test('an event that is too old, too new or not to be published is refused', async () => {
  const client = await openClient(await openRelay());
  await client.request('a', { '#p': [bob] });
  const tags = [['p', bob]];
  for (const [event, prefix] of [
    [signed({ created_at: NOW_SECONDS + 901 }), 'invalid'],
    [signed({ kind: 25_910, tags, created_at: NOW_SECONDS - 901 }), 'invalid'],
    [signed({ kind: 22_242, tags }), 'invalid'],
    [signed({ kind: 21_059, tags: [...tags, ['p', alice]] }), 'invalid'],
    [signed({ tags: [['-']] }), 'restricted'],
  ] as const) {
    const refused = ['OK', event.id, false, expect.stringMatching(new RegExp(`^${prefix}: `))];
    expect(await client.publish(event)).toEqual(refused);
  }
  expect(await client.live()).toEqual([]);
});

test('an ephemeral event is delivered and not stored', async () => {
  const relay = await openRelay();
  const client = await openClient(relay);
  await client.request('a', { '#p': [bob] });
  for (const kind of [20_000, 21_059, 25_910, 29_999]) {
    const event = signed({ kind, tags: [['p', bob]] });
    expect(await client.publish(event)).toEqual(['OK', event.id, true, '']);
    expect(await client.live()).toEqual([['a', event.id]]);
  }
  expect(await client.request('b', { '#p': [bob] })).toEqual([]);
  expect(relay.stats()).toMatchObject({ accepted: 4, delivered: 4, stored: 0 });
});

test('an ephemeral event that nobody listens for is muted, and taken when it is offered again', async () => {
  const relay = await openRelay();
  const [author, reader] = [await openClient(relay), await openClient(relay)];
  const event = signed({ kind: 21_059, tags: [['p', bob]] });
  const muted = ['OK', event.id, false, 'mute: nobody is listening for this'];
  expect(await author.publish(event)).toEqual(muted);
  expect(await author.publish(event)).toEqual(muted);
  await reader.request('a', { '#p': [bob] });
  expect(await author.publish(event)).toEqual(['OK', event.id, true, '']);
  expect(await reader.live()).toEqual([['a', event.id]]);
  expect(relay.stats()).toMatchObject({ muted: 2, accepted: 1, refused: 0, delivered: 1 });
});

test('an ephemeral event that was delivered is not delivered again', async () => {
  const client = await openClient(await openRelay());
  await client.request('a', { '#p': [bob] });
  const event = signed({ kind: 25_910, tags: [['p', bob]] });
  await client.publish(event);
  expect(await client.publish(event)).toEqual(['OK', event.id, true, expect.stringMatching(/^duplicate: /)]);
  expect(await client.live()).toEqual([['a', event.id]]);
});

test('the memory of what was delivered ends after ten minutes', async () => {
  let nowMs = NOW_SECONDS * 1000;
  const client = await openClient(await openRelay({ now: () => nowMs }));
  await client.request('a', { '#p': [bob] });
  const event = signed({ kind: 21_059, tags: [['p', bob]] });
  await client.publish(event);
  nowMs += 599_000;
  expect(await client.publish(event)).toEqual(['OK', event.id, true, expect.stringMatching(/^duplicate: /)]);
  nowMs += 1000;
  expect(await client.publish(event)).toEqual(['OK', event.id, true, '']);
});

test('a reader that has gone is nobody who listens', async () => {
  const relay = await openRelay();
  const [author, reader] = [await openClient(relay), await openClient(relay)];
  await reader.request('a', { '#p': [bob] });
  reader.socket.close();
  await vi.waitFor(() => expect(relay.stats().connections).toBe(1));
  const event = signed({ kind: 21_059, tags: [['p', bob]] });
  expect(await author.publish(event)).toEqual(['OK', event.id, false, expect.stringMatching(/^mute: /)]);
  expect(relay.stats()).toMatchObject({ connections: 1, subscriptions: 0 });
});

test.each([0, 3, 10_002])('of a replaceable kind %i only the newest of an author counts', async (kind) => {
  const relay = await openRelay();
  const client = await openClient(relay);
  const [old, newer] = [signed({ kind }), signed({ kind, created_at: NOW_SECONDS + 1 })];
  const others = [signed({ kind }, bobKey), signed({ kind: 10_003 })];
  for (const event of [old, newer, ...others]) await client.publish(event);
  expect(ids(await client.request('a', { kinds: [kind], authors: [alice] }))).toEqual([newer.id]);
  expect(await client.publish(old)).toEqual(['OK', old.id, true, 'duplicate: have a newer version']);
  expect(relay.stats().stored).toBe(3);
});

test('of replaceable events of the same second the lowest id counts', async () => {
  const [low, high] = [signed({ kind: 0 }), signed({ kind: 0 })].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (low === undefined || high === undefined) throw new Error('there are two events');
  for (const [first, second, answer] of [
    [low, high, 'duplicate: have a newer version'],
    [high, low, ''],
  ] as const) {
    const client = await openClient(await openRelay());
    await client.publish(first);
    expect(await client.publish(second)).toEqual(['OK', second.id, true, answer]);
    expect(ids(await client.request('a', {}))).toEqual([low.id]);
  }
});

test('a version that comes too late is not delivered', async () => {
  const client = await openClient(await openRelay());
  await client.publish(signed({ kind: 0 }));
  await client.request('a', { limit: 0 });
  await client.publish(signed({ kind: 0, created_at: NOW_SECONDS - 1 }));
  expect(await client.live()).toEqual([]);
});

test('of an addressable kind the newest of an author and first d tag counts', async () => {
  const client = await openClient(await openRelay());
  const at = (seconds: number, tags: string[][]): NostrEvent =>
    signed({ kind: 30_000, created_at: NOW_SECONDS + seconds, tags });
  const x = at(1, [
    ['d', 'x'],
    ['d', 'y'],
  ]);
  const y = at(2, [['d', 'y']]);
  const nameless = at(3, [['d', '']]);
  for (const event of [at(0, [['d', 'x']]), x, y, at(0, []), nameless]) await client.publish(event);
  expect(ids(await client.request('a', {}))).toEqual([nameless.id, y.id, x.id]);
});

test('a deleted event is gone, its deletion stays, and it does not come back', async () => {
  const client = await openClient(await openRelay());
  const [event, kept] = [signed(), signed({ created_at: NOW_SECONDS - 5 })];
  await client.publish(event);
  await client.publish(kept);
  const deletion = signed({ kind: 5, created_at: NOW_SECONDS - 1, tags: [['e', event.id]] });
  expect(await client.publish(deletion)).toEqual(['OK', deletion.id, true, '']);
  expect(ids(await client.request('a', {}))).toEqual([deletion.id, kept.id]);
  expect(await client.publish(event)).toEqual(['OK', event.id, false, 'blocked: deleted by its author']);
});

test('an event that is deleted before it comes is not taken', async () => {
  const client = await openClient(await openRelay());
  const event = signed({ kind: 30_000, tags: [['d', 'x']] });
  await client.publish(signed({ kind: 5, tags: [['a', `30000:${alice}:x`]] }));
  expect(await client.publish(event)).toEqual(['OK', event.id, false, 'blocked: deleted by its author']);
  const newer = signed({ kind: 30_000, tags: [['d', 'x']], created_at: NOW_SECONDS + 1 });
  expect(await client.publish(newer)).toEqual(['OK', newer.id, true, '']);
});

test('nobody deletes the events of another', async () => {
  const client = await openClient(await openRelay());
  const event = signed();
  await client.publish(event);
  await client.publish(signed({ kind: 5, tags: [['e', event.id]] }, bobKey));
  expect(ids(await client.request('a', { kinds: [1] }))).toEqual([event.id]);
});

test('the recipient of a stored gift wrap has it deleted', async () => {
  const client = await openClient(await openRelay());
  const wrap = signed({ kind: 1059, tags: [['p', bob]] });
  await client.publish(wrap);
  await client.publish(signed({ kind: 5, tags: [['e', wrap.id]] }, bobKey));
  expect(await client.request('a', { '#p': [bob] })).toEqual([]);
  expect(await client.publish(wrap)).toEqual(['OK', wrap.id, false, expect.stringMatching(/^blocked: /)]);
});

test('an event is served until it expires, and refused after', async () => {
  let nowMs = NOW_SECONDS * 1000;
  const client = await openClient(await openRelay({ now: () => nowMs }));
  const expiring = (content: string): NostrEvent =>
    signed({ content, tags: [['expiration', String(NOW_SECONDS + 10)]] });
  const event = expiring('first');
  await client.publish(event);
  nowMs += 9999;
  expect(ids(await client.request('a', {}))).toEqual([event.id]);
  nowMs += 1;
  expect(await client.request('b', {})).toEqual([]);
  const late = expiring('late');
  expect(await client.publish(late)).toEqual(['OK', late.id, false, 'invalid: the event has expired']);
});

test('a full relay does not take what is older than all that it keeps', async () => {
  const client = await openClient(await openRelay({ limits: { maxStoredEvents: 1 } }));
  const [event, old] = [signed(), signed({ created_at: 1 })];
  await client.publish(event);
  expect(await client.publish(old)).toEqual([
    'OK',
    old.id,
    false,
    expect.stringMatching(/^error: the relay is full/),
  ]);
  expect(ids(await client.request('a', {}))).toEqual([event.id]);
});
