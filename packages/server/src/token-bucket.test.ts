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
});
