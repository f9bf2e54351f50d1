import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { TokenBucket } from './token-bucket.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const taken = (bucket: TokenBucket, tries: number) =>
  Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;

describe('TokenBucket', () => {
  it('gives out a burst, and then no more than its rate', () => {
    const bucket = new TokenBucket(10, 5);
    expect(taken(bucket, 20)).toBe(5);
    vi.advanceTimersByTime(300);
    expect(taken(bucket, 20)).toBe(3);
  });

  it('saves no more than a burst', () => {
    const bucket = new TokenBucket(10, 5);
    vi.advanceTimersByTime(3_600_000);
    expect(taken(bucket, 20)).toBe(5);
  });

  it('is not kept empty by those who ask in vain', () => {
    const bucket = new TokenBucket(10, 1);
    let count = 0;
    for (let ms = 0; ms < 1000; ms++) {
      count += taken(bucket, 3);
      vi.advanceTimersByTime(1);
    }
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThanOrEqual(11);
  });

  it('says when the next is there, and whether all are', () => {
    const bucket = new TokenBucket(3, 2);
    expect([bucket.isFull, bucket.waitMs]).toEqual([true, 0]);
    taken(bucket, 2);
    expect([bucket.isFull, bucket.waitMs]).toEqual([false, 334]);
    vi.advanceTimersByTime(333);
    expect(taken(bucket, 1)).toBe(0);
    vi.advanceTimersByTime(1);
    expect(taken(bucket, 1)).toBe(1);
  });

  it('of nothing, or of less than one, a minute names a time all the same', () => {
    const bucket = TokenBucket.perMinute(0, Date.now);
    expect([bucket?.take(), bucket?.waitMs]).toEqual([false, 86_400_000]);
    const slow = TokenBucket.perMinute(0.5, Date.now);
    expect([slow?.take(), slow?.take(), slow?.waitMs]).toEqual([true, false, 120_000]);
  });

  it('owes what was spent beyond it, up to a bound', () => {
    const bucket = new TokenBucket(1, 10);
    bucket.spend(25, 3);
    expect(bucket.waitMs).toBe(16_000);
    bucket.spend(1_000_000, 3);
    expect(bucket.waitMs).toBe(31_000);
  });
});
