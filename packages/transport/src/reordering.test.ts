import { describe, expect, it } from 'vitest';

import { limits } from './limits.ts';
import { Reordering } from './reordering.ts';

describe('Reordering', () => {
  it('passes what comes in order at once', () => {
    const reordering = new Reordering<string>();
    expect([reordering.push(0, 'a'), reordering.push(1, 'b')]).toEqual([['a'], ['b']]);
    expect(reordering.expected).toBe(2);
    expect(reordering.hasGap).toBe(false);
  });

  it('holds back what overtook until the gap is filled', () => {
    const reordering = new Reordering<string>();
    expect([reordering.push(2, 'c'), reordering.push(1, 'b')]).toEqual([[], []]);
    expect(reordering.hasGap).toBe(true);
    expect(reordering.push(0, 'a')).toEqual(['a', 'b', 'c']);
    expect(reordering.hasGap).toBe(false);
  });

  it('takes every number once', () => {
    const reordering = new Reordering<string>();
    reordering.push(0, 'a');
    reordering.push(2, 'c');
    expect([reordering.push(0, 'again'), reordering.push(2, 'again')]).toEqual([[], []]);
    expect([0, 1, 2, 3].map((sequence) => reordering.knows(sequence))).toEqual([true, false, true, false]);
    expect(reordering.push(1, 'b')).toEqual(['b', 'c']);
  });

  it('ignores what is too far ahead, and never the next in order', () => {
    const reordering = new Reordering<number>();
    for (let sequence = 1; sequence < limits.maxReordered; sequence++) reordering.push(sequence, sequence);
    expect(reordering.push(limits.maxReordered, 0)).toEqual([]);
    expect(reordering.push(Number.MAX_SAFE_INTEGER, 0)).toEqual([]);
    expect(reordering.knows(limits.maxReordered)).toBe(false);
    expect(reordering.push(0, 0)).toHaveLength(limits.maxReordered);
  });

  it('gives up a gap and says which numbers are lost', () => {
    const reordering = new Reordering<string>();
    reordering.push(0, 'a');
    reordering.push(3, 'd');
    reordering.push(4, 'e');
    reordering.push(7, 'h');
    expect(reordering.skipGap()).toEqual({ items: ['d', 'e'], lost: [1, 2] });
    expect(reordering.skipGap()).toEqual({ items: ['h'], lost: [5, 6] });
    expect(reordering.skipGap()).toEqual({ items: [], lost: [] });
    expect(reordering.expected).toBe(8);
  });

  it('does not take a number that was given up', () => {
    const reordering = new Reordering<string>();
    reordering.push(1, 'b');
    reordering.skipGap();
    expect(reordering.push(0, 'late')).toEqual([]);
  });
});
