import type { NostrEvent } from '@mcp-nostr/core';
import { expect, test } from 'vitest';

import { alice, bob, fakeEvent, hex, NOW_SECONDS, seededRandom } from '../fixtures.test.helper.ts';
import { defaultLimits } from '../limits.ts';
import { type Filter, matchesFilter, parseFilter } from '../messages/filter.ts';
import { MemoryStore } from './memory-store.ts';
import { newestFirst } from './sorted-events.ts';

function filter(value: object): Filter {
  const parsed = parseFilter(value, defaultLimits);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

function storeOf(events: NostrEvent[], limits: Partial<typeof defaultLimits> = {}): MemoryStore {
  const store = new MemoryStore({ ...defaultLimits, ...limits });
  for (const event of events) store.add(event);
  return store;
}

function ids(store: MemoryStore, value: object = {}, maxEvents = 500): string[] {
  return store.query(filter(value), maxEvents, NOW_SECONDS).map(({ id }) => id);
}

test('results are newest first, and of the same second the lowest id first', () => {
  const events = [hex(3), hex(1), hex(2)].map((id) => fakeEvent({ id }));
  const newer = fakeEvent({ id: hex(9), created_at: NOW_SECONDS + 1 });
  const older = fakeEvent({ id: hex(0), created_at: NOW_SECONDS - 1 });
  expect(ids(storeOf([older, ...events, newer]))).toEqual([hex(9), hex(1), hex(2), hex(3), hex(0)]);
});

test('of more matches than asked for the newest are returned', () => {
  const events = Array.from({ length: 10 }, (_, index) =>
    fakeEvent({ id: hex(index), created_at: NOW_SECONDS + index, tags: [['t', String(index % 2)]] }),
  );
  const store = storeOf(events);
  expect(ids(store, { kinds: [1] }, 2)).toEqual([hex(9), hex(8)]);
  expect(ids(store, { '#t': ['0', '1'] }, 3)).toEqual([hex(9), hex(8), hex(7)]);
  expect(ids(store, { ids: [hex(1), hex(5), hex(3)] }, 2)).toEqual([hex(5), hex(3)]);
});

test('whatever the filter, a query finds what a look at every event would', () => {
  const seed = 20_260_902;
  const random = seededRandom(seed);
  const below = (number: number): number => Math.floor(random() * number);
  const some = <T>(make: (number: number) => T): T[] =>
    Array.from({ length: below(4) }, () => make(below(5)));
  const maybe = (key: string, value: unknown): object => (random() < 0.4 ? { [key]: value } : {});
  const kinds = [1, 7, 1059, 5, 9000];
  let events = Array.from({ length: 300 }, (_, index) =>
    fakeEvent({
      id: hex((index * 7919) % 300),
      pubkey: hex(below(5)),
      kind: kinds[below(5)] ?? 1,
      created_at: NOW_SECONDS - below(20),
      tags: [...some((number) => ['p', hex(number)]), ...some((number) => ['t', String(number)])],
    }),
  );
  const store = storeOf(events);
  for (let round = 0; round < 600; round += 1) {
    if (round === 300) {
      for (const event of events.splice(0, 150)) store.remove(event);
    }
    const value = filter({
      ...maybe(
        'ids',
        some((number) => hex(number * 50)),
      ),
      ...maybe('authors', some(hex)),
      ...maybe(
        'kinds',
        some((number) => kinds[number]),
      ),
      ...maybe('#p', some(hex)),
      ...maybe('#t', some(String)),
      ...maybe('since', NOW_SECONDS - below(20)),
      ...maybe('until', NOW_SECONDS - below(20)),
    });
    const maxEvents = 1 + below(30);
    const expected = events
      .filter((event) => matchesFilter(value, event))
      .sort(newestFirst)
      .slice(0, maxEvents);
    expect(store.query(value, maxEvents, NOW_SECONDS), `seed ${seed}, round ${round}`).toEqual(expected);
  }
});

test('what is removed is found no more, by no way', () => {
  const event = fakeEvent({ kind: 30_000, tags: [['d', 'x']] });
  const store = storeOf([event]);
  expect(store.at(`30000:${alice}:x`)).toBe(event);
  store.remove(event);
  expect(store.size).toBe(0);
  expect(store.has(event.id)).toBe(false);
  expect(store.at(`30000:${alice}:x`)).toBeUndefined();
  expect(ids(store)).toEqual([]);
});

test('the address of an event is its kind, author and first d tag', () => {
  const store = new MemoryStore(defaultLimits);
  const list = fakeEvent({ kind: 10_002 });
  const first = fakeEvent({
    kind: 30_000,
    tags: [
      ['d', 'x'],
      ['d', 'y'],
    ],
  });
  const unnamed = fakeEvent({ kind: 30_000, pubkey: bob, tags: [['d']] });
  for (const event of [list, first, unnamed]) store.add(event);
  expect(store.at(`10002:${alice}:`)).toBe(list);
  expect(store.at(`30000:${alice}:x`)).toBe(first);
  expect(store.at(`30000:${alice}:y`)).toBeUndefined();
  expect(store.at(`30000:${bob}:`)).toBe(unnamed);
});

test('an expired event is not found, and makes room when asked to', () => {
  const event = fakeEvent({ tags: [['expiration', String(NOW_SECONDS + 10)]] });
  const store = storeOf([event, fakeEvent()]);
  expect(store.query(filter({}), 9, NOW_SECONDS + 9)).toHaveLength(2);
  expect(store.query(filter({}), 9, NOW_SECONDS + 10)).toHaveLength(1);
  store.removeExpired(NOW_SECONDS + 9);
  expect(store.size).toBe(2);
  store.removeExpired(NOW_SECONDS + 10);
  expect(store.size).toBe(1);
});

test('expired events do not count against the number asked for', () => {
  const gone = fakeEvent({ created_at: NOW_SECONDS, tags: [['expiration', String(NOW_SECONDS)]] });
  const there = fakeEvent({ created_at: NOW_SECONDS - 5 });
  expect(ids(storeOf([gone, there]), {}, 1)).toEqual([there.id]);
});

test('a full store lets the oldest regular events go', () => {
  const list = fakeEvent({ kind: 10_002, created_at: 1 });
  const deletion = fakeEvent({ kind: 5, created_at: 2 });
  const regular = [3, 5, 4].map((created_at) => fakeEvent({ created_at }));
  const store = storeOf([list, deletion, ...regular], { maxStoredEvents: 4 });
  expect(store.size).toBe(4);
  expect(store.has(regular[0]?.id ?? '')).toBe(false);
});

test('without regular events a full store lets the oldest of the others go', () => {
  const lists = [2, 1, 3].map((created_at) =>
    fakeEvent({ kind: 30_000, created_at, tags: [['d', `${created_at}`]] }),
  );
  const store = storeOf(lists, { maxStoredEvents: 2 });
  expect(lists.map(({ id }) => store.has(id))).toEqual([true, false, true]);
});

test('a full store does not take what would be the first to go', () => {
  const store = storeOf([fakeEvent(), fakeEvent()], { maxStoredEvents: 2 });
  const old = fakeEvent({ created_at: 1 });
  expect(store.add(old)).toBe(false);
  expect(store.has(old.id)).toBe(false);
  expect(store.add(fakeEvent({ created_at: NOW_SECONDS + 1 }))).toBe(true);
});

test('a store is full as well when its events are large', () => {
  const store = storeOf([], { maxStoredBytes: 100_000 });
  for (let index = 0; index < 20; index += 1) {
    store.add(fakeEvent({ created_at: NOW_SECONDS + index, content: 'x'.repeat(20_000) }));
  }
  expect(store.size).toBe(4);
});

test('tags count for what their index costs', () => {
  const tags = Array.from({ length: 1000 }, (_, index) => ['t', `${index}`]);
  const store = storeOf([], { maxStoredBytes: 1_000_000 });
  for (let index = 0; index < 20; index += 1) store.add(fakeEvent({ tags }));
  expect(store.size).toBe(3);
});
