import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Backoff } from './backoff.ts';
import { limits } from './limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { reconnectMinMs, reconnectSoonMaxMs, reconnectSoonForMs, reconnectMaxMs } = limits;
const { reconnectAwaitedMs, reconnectResetMs } = limits;

function open(random?: () => number) {
  let attempts = 0;
  const backoff = new Backoff(() => void attempts++, random);
  /** How long it took from the failure to the next attempt. */
  const waitMs = (livedMs = 0, isAwaited = false): number => {
    const [before, failedAt] = [attempts, performance.now()];
    backoff.schedule(livedMs, isAwaited);
    vi.advanceTimersToNextTimer();
    expect(attempts).toBe(before + 1);
    return performance.now() - failedAt;
  };
  /** Fails for this long, with the longest waits. */
  const fail = (forMs: number): void => {
    for (const until = performance.now() + forMs; performance.now() < until;) waitMs();
  };
  return { backoff, waitMs, fail, attempts: () => attempts };
}

describe('the wait before the next attempt', () => {
  it('doubles up to a bound well below a second, and stays there for minutes', () => {
    const { waitMs } = open(() => 1);
    const start = performance.now();
    expect([waitMs(), waitMs(), waitMs(), waitMs()]).toEqual([reconnectMinMs, 500, 750, 750]);
    while (performance.now() - start < reconnectSoonForMs - reconnectSoonMaxMs)
      expect(waitMs()).toBe(reconnectSoonMaxMs);
  });

  it('grows after those minutes and stops at the largest', () => {
    const { waitMs, fail } = open(() => 1);
    fail(reconnectSoonForMs);
    waitMs();
    const waitsMs = Array.from({ length: 8 }, () => waitMs());
    expect(waitsMs).toEqual([1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000, 30_000]);
    for (let attempt = 0; attempt < 2_000; attempt++) waitMs();
    expect(waitMs()).toBe(reconnectMaxMs);
  });

  it('is anything below the bound, so that clients do not come back together', () => {
    const randoms = [0, 0.5, 0.2];
    const { waitMs } = open(() => randoms.shift() ?? 1);
    expect([waitMs(), waitMs(), waitMs()]).toEqual([0, 250, 150]);
    const usual = open();
    for (let attempt = 0; attempt < 100; attempt++)
      expect(usual.waitMs()).toBeLessThanOrEqual(reconnectSoonMaxMs);
  });

  it('begins again, minutes and all, after a connection that lived', () => {
    const { waitMs, fail } = open(() => 1);
    fail(reconnectSoonForMs * 2);
    expect(waitMs(reconnectResetMs)).toBe(reconnectMaxMs);
    expect(waitMs(reconnectResetMs + 1)).toBe(reconnectMinMs);
    fail(reconnectSoonForMs - 2 * reconnectSoonMaxMs);
    expect(waitMs()).toBe(reconnectSoonMaxMs);
  });
});

describe('an attempt that something waits for', () => {
  const rested = () => {
    const opened = open(() => 1);
    opened.fail(reconnectSoonForMs * 2);
    return opened;
  };

  it('is made at once when the one before was long ago, and only once', () => {
    const { backoff, attempts } = rested();
    backoff.schedule(0, false);
    vi.advanceTimersByTime(reconnectAwaitedMs * 5);
    const before = attempts();
    backoff.hurry();
    backoff.hurry();
    vi.advanceTimersByTime(0);
    expect(attempts()).toBe(before + 1);
    vi.advanceTimersByTime(reconnectMaxMs * 2);
    expect(attempts()).toBe(before + 1);
  });

  it('comes a second after the one before, be it asked for before or after that failed', () => {
    const { backoff, waitMs } = rested();
    vi.advanceTimersByTime(100);
    expect(waitMs(0, true)).toBe(reconnectAwaitedMs - 100);
    expect(waitMs(0, true)).toBe(reconnectAwaitedMs);
    setTimeout(() => backoff.hurry(), 300);
    backoff.schedule(0, false);
    vi.advanceTimersByTime(reconnectAwaitedMs - 1);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not put off by it', () => {
    const { waitMs } = open(() => 1);
    expect(waitMs(0, true)).toBe(reconnectMinMs);
  });

  it('is not made where none is planned: it is under way, or all is over', () => {
    const { backoff, attempts } = rested();
    const before = attempts();
    vi.advanceTimersByTime(reconnectAwaitedMs * 5);
    backoff.hurry();
    backoff.schedule(0, false);
    backoff.close();
    backoff.hurry();
    expect(vi.getTimerCount()).toBe(0);
    expect(attempts()).toBe(before);
  });
});
