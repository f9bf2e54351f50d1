import { limits as wire } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { limits } from '../limits.ts';
import { SeenRequests } from './seen-requests.ts';

const NOW = 1_700_000_000;

describe('requests without a link', () => {
  it('are fresh once', () => {
    const seen = new SeenRequests(undefined, NOW);
    expect(seen.check('a', NOW)).toBe('fresh');
    seen.add('a', NOW, false, NOW);
    expect([seen.check('a', NOW), seen.check('b', NOW)]).toEqual(['repeated', 'fresh']);
  });

  it('of before this process may have been executed, unless somebody has kept which were', () => {
    const seen = new SeenRequests(undefined, NOW);
    expect([seen.check('a', NOW - 5), seen.secondsUntilFresh(NOW - 5)]).toEqual(['unknown', 5]);
    const added: unknown[] = [];
    const kept = {
      completeSince: NOW - 60,
      has: (id: string) => id === 'old',
      add: (...entry: unknown[]) => added.push(entry) === 1,
    };
    const remembering = new SeenRequests(kept, NOW);
    expect(['old', 'a'].map((id) => remembering.check(id, NOW - 60))).toEqual(['repeated', 'fresh']);
    expect(remembering.check('b', NOW - 61)).toBe('unknown');
    expect(remembering.add('a', NOW - 60, true, NOW)).toBe(true);
    expect(added).toEqual([['a', NOW - 60]]);
    // It is executed by another process.
    expect(remembering.add('a', NOW - 60, true, NOW)).toBe(false);
  });

  it('are timely from 120 s back to 60 s ahead, to the second', () => {
    const seen = new SeenRequests(undefined, NOW);
    const stamps = [
      -wire.maxAgeSeconds - 1,
      -wire.maxAgeSeconds,
      wire.maxFutureSeconds,
      wire.maxFutureSeconds + 1,
    ];
    expect(stamps.map((offset) => seen.isTimely(NOW + offset, false, NOW))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('are never forgotten while they could come again, and a flood of strangers moves the bound for strangers', () => {
    const seen = new SeenRequests(undefined, NOW - 100);
    seen.add('first', NOW - 10, false, NOW);
    seen.add('known', NOW - 10, true, NOW);
    for (let n = 0; n < limits.maxSeenRequests; n++) seen.add(`flood ${n}`, NOW, false, NOW);
    expect([seen.check('first', NOW - 10), seen.isTimely(NOW - 10, false, NOW)]).toEqual(['fresh', false]);
    expect([seen.check('known', NOW - 10), seen.isTimely(NOW - 10, true, NOW)]).toEqual(['repeated', true]);
    expect([seen.check('flood 0', NOW), seen.isTimely(NOW, false, NOW)]).toEqual(['repeated', true]);
  });
});
