import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Backoff } from './backoff.ts';
import { limits } from './limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits for longer each time, up to a bound, and starts again after a good connection', () => {
  const waits: number[] = [];
  let plannedAt = Date.now();
  const backoff = new Backoff(
    () => waits.push(Date.now() - plannedAt),
    () => 1,
  );
  const attempt = (livedMs: number): void => {
    plannedAt = Date.now();
    backoff.schedule(livedMs);
    vi.runAllTimers();
  };
  for (let i = 0; i < 9; i++) attempt(1_000);
  attempt(limits.goodAfterMs);
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 250]);
});

it('spreads the attempts of many, and makes none once it is stopped', () => {
  const attempt = vi.fn<() => void>();
  const backoff = new Backoff(attempt, () => 0.5);
  backoff.schedule(0);
  vi.advanceTimersByTime(124);
  expect(attempt).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(attempt).toHaveBeenCalledTimes(1);
  backoff.schedule(0);
  backoff.stop();
  vi.runAllTimers();
  expect(attempt).toHaveBeenCalledTimes(1);
});
