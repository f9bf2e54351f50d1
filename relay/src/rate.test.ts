import { expect, test } from 'vitest';

import { TokenBucket } from './rate.ts';

function bucketAt(perSecond: number, burst: number): { bucket: TokenBucket; clock: { ms: number } } {
  const clock = { ms: 1000 };
  return { bucket: new TokenBucket(perSecond, burst, () => clock.ms), clock };
}

test('a bucket gives its burst at once and then says how long to wait', () => {
  const { bucket } = bucketAt(2, 3);
  expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0, 500]);
});

test('a refused unit is not taken', () => {
  const { bucket } = bucketAt(1, 3);
  bucket.take(2);
  expect(bucket.take(2)).toBe(1000);
  expect(bucket.take(1)).toBe(0);
});

test('a bucket fills with time, and never beyond its burst', () => {
  const { bucket, clock } = bucketAt(10, 2);
  bucket.take(2);
  clock.ms += 100;
  expect([bucket.take(), bucket.take()]).toEqual([0, 100]);
  clock.ms += 60_000;
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100]);
});

test('what is charged beyond the content of the bucket is waited for', () => {
  const { bucket, clock } = bucketAt(10, 10);
  bucket.charge(15);
  expect(bucket.take()).toBe(600);
  clock.ms += 600;
  expect(bucket.take()).toBe(0);
});

test('more than the bucket holds is given when the bucket is full', () => {
  const { bucket } = bucketAt(1, 5);
  expect(bucket.take(20)).toBe(0);
  expect(bucket.take()).toBe(1000);
});

test('a clock that is set back takes nothing away', () => {
  const { bucket, clock } = bucketAt(1, 2);
  clock.ms -= 60_000;
  expect([bucket.take(), bucket.take()]).toEqual([0, 0]);
});
