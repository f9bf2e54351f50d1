import { describe, expect, it } from 'vitest';

import { RoundTrip } from './round-trip.ts';

describe('the time-out', () => {
  it('is 1 s before anything is known, and the shortest is 100 ms', () => {
    const trip = new RoundTrip();
    expect([trip.timeoutMs, trip.meanMs]).toEqual([1_000, 100]);
    for (let i = 0; i < 50; i++) trip.sample(1);
    expect(trip.timeoutMs).toBe(100);
    // A peer makes it: it is not believed to the end.
    expect(trip.meanMs).toBe(20);
  });

  it('follows the mean and four times the deviation', () => {
    const trip = new RoundTrip();
    trip.sample(100);
    expect([trip.meanMs, trip.timeoutMs]).toEqual([100, 300]);
    trip.sample(180);
    // The deviation is 50 + (80 - 50) / 4, the mean 100 + 80 / 8.
    expect([trip.meanMs, trip.timeoutMs]).toEqual([110, 110 + 4 * 57.5]);
    trip.sample(110);
    expect([trip.meanMs, trip.timeoutMs]).toEqual([110, 110 + 4 * (57.5 * 0.75)]);
  });

  it('is never above 4 s', () => {
    const trip = new RoundTrip();
    trip.sample(5_000);
    expect(trip.timeoutMs).toBe(4_000);
  });

  it('takes the pause of a process that stood still for no more than that', () => {
    const trip = new RoundTrip();
    trip.sample(3_600_000);
    expect(trip.meanMs).toBe(4_000);
  });

  it('doubles with each time-out, at most 32 times, until something is measured again', () => {
    const trip = new RoundTrip();
    trip.sample(10);
    const timeouts = Array.from({ length: 6 }, () => {
      trip.timedOut();
      return trip.timeoutMs;
    });
    expect(timeouts).toEqual([200, 400, 800, 1_600, 3_200, 3_200]);
    trip.sample(10);
    expect(trip.timeoutMs).toBe(100);
  });
});
