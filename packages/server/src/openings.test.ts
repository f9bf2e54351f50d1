import { limits as wire } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { limits } from './limits.ts';
import { Openings } from './openings.ts';

const NOW = 1_700_000_000;

describe('Openings', () => {
  it('takes an opening whose time is within the window, to the second', () => {
    const openings = new Openings();
    const verdict = (createdAt: number) => openings.check('key', createdAt, NOW);
    expect(verdict(NOW)).toBe('fresh');
    expect([verdict(NOW - wire.maxAgeSeconds), verdict(NOW - wire.maxAgeSeconds - 1)]).toEqual([
      'fresh',
      'clock',
    ]);
    expect([verdict(NOW + wire.maxFutureSeconds), verdict(NOW + wire.maxFutureSeconds + 1)]).toEqual([
      'fresh',
      'clock',
    ]);
  });

  it('does not take the opening of a connection that ended again, as long as its time would allow it', () => {
    const openings = new Openings();
    openings.ended('key', NOW, 3, NOW);
    expect(openings.check('key', NOW, NOW)).toBe('ended');
    expect(openings.check('key', NOW, NOW + wire.maxAgeSeconds)).toBe('ended');
    expect(openings.check('key', NOW, NOW + wire.maxAgeSeconds + 1)).toBe('clock');
    expect(openings.check('another', NOW, NOW)).toBe('fresh');
  });

  it('remembers how far a connection had come when it ended', () => {
    const openings = new Openings();
    openings.ended('key', NOW, 3, NOW);
    expect([openings.received('key'), openings.received('another')]).toEqual([3, undefined]);
  });

  it('raises the oldest acceptable time when its table is full, and never forgets', () => {
    const openings = new Openings();
    const taken: [key: string, createdAt: number][] = [];
    for (let n = 0; n < limits.maxClosedConnections + 50; n++) {
      const createdAt = NOW - (n % 100);
      taken.push([`key ${n}`, createdAt]);
      openings.ended(`key ${n}`, createdAt, 0, NOW);
    }
    const verdicts = new Set(taken.map(([key, createdAt]) => openings.check(key, createdAt, NOW)));
    expect(verdicts).toEqual(new Set(['ended', 'clock']));
    expect(openings.check('new', NOW - 99, NOW)).toBe('clock');
    expect(openings.check('new', NOW - 98, NOW)).toBe('fresh');
  });

  it('gives up what is too old before it raises anything', () => {
    const openings = new Openings();
    for (let n = 0; n < limits.maxClosedConnections; n++) openings.ended(`old ${n}`, NOW, 0, NOW);
    const later = NOW + wire.maxAgeSeconds + 1;
    openings.ended('new', later, 0, later);
    expect(openings.check('another', later - wire.maxAgeSeconds, later)).toBe('fresh');
    expect(openings.check('new', later, later)).toBe('ended');
  });
});
