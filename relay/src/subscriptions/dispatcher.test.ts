import { expect, test } from 'vitest';

import { fakeEvent, hex, NOW_SECONDS, seededRandom } from '../fixtures.test.helper.ts';
import { defaultLimits } from '../limits.ts';
import { type Filter, matchesFilter, parseFilter } from '../messages/filter.ts';
import { Dispatcher, type Subscription } from './dispatcher.ts';

function subscription(...values: object[]): Subscription {
  const filters = values.map((value) => {
    const filter = parseFilter(value, defaultLimits);
    if (typeof filter === 'string') throw new Error(filter);
    return filter;
  });
  return { filters };
}

test('a subscription with several matching filters is found once', () => {
  const dispatcher = new Dispatcher();
  const twice = subscription({ kinds: [1] }, { authors: [fakeEvent().pubkey] }, {});
  dispatcher.add(twice);
  expect([...dispatcher.find(fakeEvent())]).toEqual([twice]);
});

test('equal subscriptions are each found', () => {
  const dispatcher = new Dispatcher();
  const both = [subscription({ kinds: [1] }), subscription({ kinds: [1] })];
  both.forEach((each) => dispatcher.add(each));
  expect([...dispatcher.find(fakeEvent())]).toEqual(both);
  expect(dispatcher.size).toBe(2);
});

test('an event looks only at filters that share a value with it', () => {
  const dispatcher = new Dispatcher();
  let looks = 0;
  for (let index = 0; index < 1000; index += 1) {
    const filter: Filter = {
      get kinds() {
        looks += 1;
        return new Set([25_910]);
      },
      tags: new Map([['p', new Set([hex(index)])]]),
    };
    dispatcher.add({ filters: [filter] });
  }
  looks = 0;
  expect(dispatcher.find(fakeEvent({ kind: 25_910, tags: [['p', hex(7)]] })).size).toBe(1);
  expect(looks).toBeLessThan(5);
});

test('filters that name nobody cost a guarded event nothing', () => {
  const dispatcher = new Dispatcher();
  let looks = 0;
  const watched = (filter: Filter): Filter => ({
    ...filter,
    get since() {
      looks += 1;
      return 0;
    },
  });
  const byKind = watched({ kinds: new Set([25_910, 1]), tags: new Map() });
  dispatcher.add({ filters: [byKind, watched({ tags: new Map() })] });
  looks = 0;
  expect(dispatcher.find(fakeEvent({ kind: 25_910 })).size).toBe(0);
  expect(looks).toBe(0);
  expect(dispatcher.find(fakeEvent({ kind: 1 })).size).toBe(1);
  expect(looks).toBeGreaterThan(1);
});

test('whatever the filters, exactly those are found that match, and none after their removal', () => {
  const seed = 20_260_901;
  const random = seededRandom(seed);
  const below = (number: number): number => Math.floor(random() * number);
  const some = <T>(make: (number: number) => T): T[] =>
    Array.from({ length: below(4) }, () => make(below(5)));
  const maybe = (key: string, value: unknown): object => (random() < 0.4 ? { [key]: value } : {});
  const kinds = [1, 7, 1059, 21_059, 25_910];
  const randomFilter = (): object => ({
    ...maybe(
      'ids',
      some((number) => hex(100_000 + number)),
    ),
    ...maybe('authors', some(hex)),
    ...maybe(
      'kinds',
      some((number) => kinds[number]),
    ),
    ...maybe('#p', some(hex)),
    ...maybe('#t', some(String)),
    ...maybe('since', NOW_SECONDS - below(3)),
    ...maybe('until', NOW_SECONDS + below(3)),
  });
  const events = Array.from({ length: 200 }, () =>
    fakeEvent({
      id: hex(100_000 + below(5)),
      pubkey: hex(below(5)),
      kind: kinds[below(5)] ?? 1,
      created_at: NOW_SECONDS - 2 + below(5),
      tags: [...some((number) => ['p', hex(number)]), ...some((number) => ['t', String(number)])],
    }),
  );
  const all = Array.from({ length: 300 }, () => subscription(randomFilter(), randomFilter()));
  const dispatcher = new Dispatcher();
  all.forEach((each) => dispatcher.add(each));
  for (const removed of [0, 150, 150]) {
    all.splice(0, removed).forEach((each) => dispatcher.remove(each));
    for (const event of events) {
      const expected = all.filter(({ filters }) => filters.some((filter) => matchesFilter(filter, event)));
      expect(dispatcher.find(event), `seed ${seed}`).toEqual(new Set(expected));
    }
  }
  expect(dispatcher.size).toBe(0);
});
