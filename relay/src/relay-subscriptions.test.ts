import { expect, test } from 'vitest';

import { openClient, openRelay } from './client.test.helper.ts';
import { alice, bob, bobKey, hex, NOW_SECONDS, signed } from './fixtures.test.helper.ts';

test('stored events come newest first, of the same second the lowest id first, and then EOSE', async () => {
  const client = await openClient(await openRelay());
  const old = signed({ created_at: NOW_SECONDS - 9 });
  const [low, high] = [signed(), signed()].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const event of [high, old, low]) await client.publish(event ?? old);
  client.say('REQ', 'a', { kinds: [1] });
  expect(await client.heard()).toEqual([
    ['EVENT', 'a', low],
    ['EVENT', 'a', high],
    ['EVENT', 'a', old],
    ['EOSE', 'a'],
  ]);
});

test('a live event goes to every subscription that matches, and to none that does not', async () => {
  const relay = await openRelay();
  const [reader, author] = [await openClient(relay), await openClient(relay)];
  await reader.request('bob', { authors: [bob] });
  await reader.request('any', {});
  await reader.request('kind', { kinds: [1] });
  const [first, second] = [signed({}, bobKey), signed({ kind: 7 })];
  await author.publish(first);
  await author.publish(second);
  const live = await reader.live();
  expect(live).toHaveLength(4);
  expect(new Set(live.map(String))).toEqual(
    new Set([`bob,${first.id}`, `any,${first.id}`, `kind,${first.id}`, `any,${second.id}`]),
  );
});

test('an event that matches several filters of a subscription is sent once, stored and live', async () => {
  const client = await openClient(await openRelay());
  const filters = [{ kinds: [1] }, { authors: [alice] }, {}];
  const [stored, live] = [signed(), signed()];
  await client.publish(stored);
  expect(await client.request('a', ...filters)).toEqual([stored]);
  await client.publish(live);
  expect(await client.live()).toEqual([['a', live.id]]);
});

test('an author who is subscribed gets the own event', async () => {
  const client = await openClient(await openRelay());
  await client.request('a', { authors: [alice] });
  const event = signed();
  await client.publish(event);
  expect(await client.live()).toEqual([['a', event.id]]);
});

test('a REQ on a live id takes its place', async () => {
  const relay = await openRelay();
  const client = await openClient(relay);
  await client.request('a', { kinds: [1] });
  await client.request('a', { kinds: [7] });
  const seven = signed({ kind: 7 });
  await client.publish(signed({ kind: 1 }));
  await client.publish(seven);
  expect(await client.live()).toEqual([['a', seven.id]]);
  expect(relay.stats().subscriptions).toBe(1);
});

test('a REQ that is refused leaves its id closed', async () => {
  const relay = await openRelay();
  const client = await openClient(relay);
  await client.request('a', {});
  client.say('REQ', 'a', { search: 'x' });
  expect(await client.next()).toEqual(['CLOSED', 'a', 'unsupported: this relay has no filter "search"']);
  await client.publish(signed());
  expect(await client.live()).toEqual([]);
  expect(relay.stats().subscriptions).toBe(0);
});

test('after CLOSE nothing comes, and a CLOSE of what is not open is no fault', async () => {
  const client = await openClient(await openRelay());
  await client.request('a', {});
  client.say('CLOSE', 'a');
  client.say('CLOSE', 'a');
  await client.publish(signed());
  expect(await client.heard()).toEqual([]);
});

test('the subscriptions of one connection are not those of another', async () => {
  const relay = await openRelay();
  const [one, other] = [await openClient(relay), await openClient(relay)];
  await one.request('a', { kinds: [1] });
  await other.request('a', { kinds: [7] });
  const event = signed();
  await other.publish(event);
  expect(await one.live()).toEqual([['a', event.id]]);
  expect(await other.live()).toEqual([]);
});

test('limit is for the stored events alone', async () => {
  const client = await openClient(await openRelay());
  const events = [3, 2, 1].map((age) => signed({ created_at: NOW_SECONDS - age }));
  for (const event of events) await client.publish(event);
  expect((await client.request('a', { limit: 2 })).map(({ id }) => id)).toEqual([
    events[2]?.id,
    events[1]?.id,
  ]);
  for (const event of [signed(), signed(), signed()]) await client.publish(event);
  expect(await client.live()).toHaveLength(3);
});

test('limit 0 is for live events only', async () => {
  const client = await openClient(await openRelay());
  await client.publish(signed());
  expect(await client.request('a', { limit: 0 })).toEqual([]);
  const event = signed();
  await client.publish(event);
  expect(await client.live()).toEqual([['a', event.id]]);
});

test('a filter returns no more than the relay allows, asked for or not', async () => {
  const client = await openClient(await openRelay({ limits: { maxLimit: 3, defaultLimit: 2 } }));
  for (let index = 0; index < 4; index += 1) await client.publish(signed());
  expect(await client.request('a', {})).toHaveLength(2);
  expect(await client.request('b', { limit: 10 })).toHaveLength(3);
});

test('the results of several filters come newest first together', async () => {
  const client = await openClient(await openRelay());
  const ages = [1, 2, 3, 4];
  for (const age of ages)
    await client.publish(signed({ kind: 7 + (age % 2), created_at: NOW_SECONDS - age }));
  const found = await client.request('a', { kinds: [7] }, { kinds: [8] });
  expect(found.map(({ created_at }) => NOW_SECONDS - created_at)).toEqual(ages);
});

test('each filter of a REQ has a limit of its own', async () => {
  const client = await openClient(await openRelay());
  for (const kind of [1, 1, 7, 7]) await client.publish(signed({ kind }));
  const found = await client.request('a', { kinds: [1], limit: 1 }, { kinds: [7], limit: 2 });
  expect(found.map(({ kind }) => String(kind)).sort()).toEqual(['1', '7', '7']);
});

test('since and until hold for live events too', async () => {
  const client = await openClient(await openRelay());
  await client.request('a', { since: NOW_SECONDS - 1, until: NOW_SECONDS + 1 });
  const inside = [-1, 0, 1].map((seconds) => signed({ created_at: NOW_SECONDS + seconds }));
  const outside = [-2, 2].map((seconds) => signed({ created_at: NOW_SECONDS + seconds }));
  for (const event of [...outside, ...inside]) await client.publish(event);
  expect(await client.live()).toEqual(inside.map(({ id }) => ['a', id]));
});

test('an empty list matches nothing, stored or live', async () => {
  const client = await openClient(await openRelay());
  await client.publish(signed());
  expect(await client.request('a', { kinds: [] })).toEqual([]);
  await client.publish(signed());
  expect(await client.live()).toEqual([]);
});

test.each([
  [[], /^invalid: a REQ has at least one filter$/],
  [[{ ids: ['abc'] }], /^invalid: ids /],
  [[{ '#p': ['A'.repeat(64)] }], /^invalid: #p /],
  [[{}, { '&p': [hex(1)] }], /^unsupported: this relay has no filter "&p"$/],
])('a REQ with the filters %j is answered CLOSED', async (filters, reason) => {
  const client = await openClient(await openRelay());
  client.say('REQ', 'a', ...filters);
  expect(await client.next()).toEqual(['CLOSED', 'a', expect.stringMatching(reason)]);
});

test('a malformed message is answered with what is wrong, and the connection lives on', async () => {
  const client = await openClient(await openRelay());
  client.socket.send('{');
  expect(await client.next()).toEqual(['NOTICE', 'invalid: the message is not JSON']);
  client.socket.send(Buffer.from([1, 2, 3]));
  expect(await client.next()).toEqual(['NOTICE', 'invalid: messages are text frames, this one is binary']);
  client.say('COUNT', 'a', {});
  expect(await client.next()).toEqual([
    'NOTICE',
    'unsupported: this relay takes EVENT, REQ and CLOSE, not "COUNT"',
  ]);
  expect(await client.request('a', {})).toEqual([]);
});

test.each([1059, 21_059, 25_910])('who does not name recipient or author gets no kind %i', async (kind) => {
  const relay = await openRelay();
  const [stranger, reader, author] = [
    await openClient(relay),
    await openClient(relay),
    await openClient(relay),
  ];
  const strange: [string, object][] = [
    ['empty', {}],
    ['kind', { kinds: [kind] }],
    ['other', { '#p': [alice] }],
  ];
  for (const [id, filter] of strange) await stranger.request(id, filter);
  await reader.request('p', { '#p': [bob] });
  await reader.request('author', { authors: [alice] });
  const event = signed({ kind, tags: [['p', bob]] });
  expect(await author.publish(event)).toEqual(['OK', event.id, true, '']);
  expect(await stranger.live()).toEqual([]);
  expect(await reader.live()).toEqual([
    ['p', event.id],
    ['author', event.id],
  ]);
});

test('stored gift wraps are found by recipient and not by kind', async () => {
  const client = await openClient(await openRelay());
  const wrap = signed({ kind: 1059, tags: [['p', bob]] });
  await client.publish(wrap);
  expect(await client.request('a', { kinds: [1059] }, {}, { '#p': [alice] })).toEqual([]);
  expect(await client.request('b', { kinds: [1059], '#p': [bob] })).toEqual([wrap]);
  expect(await client.request('c', { ids: [wrap.id] })).toEqual([wrap]);
});
