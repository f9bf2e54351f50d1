import { MAX_HELD_RANGES } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { linkLimits } from './limits.ts';
import { Sequence } from './sequence.ts';

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe('numbered frames', () => {
  it('are delivered in order, each once, in whatever order they come', () => {
    const sequence = new Sequence<number>();
    const delivered: number[] = [];
    for (const number of [2, 0, 0, 1, 2, 1, 4, 4, 3]) delivered.push(...sequence.push(number, number, 1));
    expect(delivered).toEqual([0, 1, 2, 3, 4]);
    expect(sequence.expected).toBe(5);
    expect(sequence.hasGap).toBe(false);
  });

  it('that were here are known, delivered or held', () => {
    const sequence = new Sequence<number>();
    sequence.push(0, 0, 1);
    sequence.push(2, 2, 1);
    expect([0, 1, 2, 3].map((number) => sequence.knows(number))).toEqual([true, false, true, false]);
    expect(sequence.hasGap).toBe(true);
  });

  it('are never delivered before the one in front of them', () => {
    const sequence = new Sequence<number>();
    expect(sequence.push(1, 1, 1)).toEqual([]);
    expect(sequence.expected).toBe(0);
    expect(sequence.push(0, 0, 1)).toEqual([0, 1]);
  });

  it('beyond a gap are named as ranges, ascending, and at most 16 of them', () => {
    const sequence = new Sequence<number>();
    for (const number of [9, 5, 2, 3]) sequence.push(number, number, 1);
    expect(sequence.ranges()).toEqual([
      [2, 3],
      [5, 5],
      [9, 9],
    ]);
    expect(MAX_HELD_RANGES).toBe(16);
    for (const number of numbers(5, 40)) sequence.push(2 * number + 1, number, 1);
    expect(sequence.ranges()).toHaveLength(16);
    expect(sequence.ranges().slice(0, 3)).toEqual([
      [2, 3],
      [5, 5],
      [9, 9],
    ]);
  });

  it('more than 512 beyond a gap are not kept: the highest go first', () => {
    expect(linkLimits.maxHeldFrames).toBe(512);
    const sequence = new Sequence<number>();
    for (const number of numbers(1, 512)) sequence.push(number, number, 1);
    expect(sequence.ranges()).toEqual([[1, 512]]);
    sequence.push(900, 900, 1);
    expect(sequence.knows(900)).toBe(false);
    expect(sequence.ranges()).toEqual([[1, 512]]);
  });

  it('that are lower take the place of the highest', () => {
    const sequence = new Sequence<number>();
    for (const number of numbers(2, 513)) sequence.push(number, number, 1);
    sequence.push(1, 1, 1);
    expect(sequence.ranges()).toEqual([[1, 512]]);
  });

  it('with more than 2 MiB beyond a gap are not kept, and what was delivered counts no more', () => {
    const { maxHeldBytes } = linkLimits;
    expect(maxHeldBytes).toBe(2_097_152);
    const sequence = new Sequence<number>();
    sequence.push(1, 1, maxHeldBytes / 2);
    sequence.push(2, 2, maxHeldBytes / 2);
    expect(sequence.ranges()).toEqual([[1, 2]]);
    sequence.push(3, 3, 1);
    expect(sequence.ranges()).toEqual([[1, 2]]);
    expect(sequence.push(0, 0, 1)).toEqual([0, 1, 2]);
    sequence.push(4, 4, maxHeldBytes);
    expect(sequence.ranges()).toEqual([[4, 4]]);
  });

  it('take the next in order although there is no room at all', () => {
    const sequence = new Sequence<number>();
    for (const number of numbers(1, 512)) sequence.push(number, number, 4_096);
    expect(sequence.push(0, 0, 10 * linkLimits.maxHeldBytes)).toEqual(numbers(0, 512));
  });
});
