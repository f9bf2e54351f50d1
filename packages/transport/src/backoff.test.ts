import { describe, expect, it } from 'vitest';

import { Backoff } from './backoff.ts';
import { limits } from './limits.ts';

describe('Backoff', () => {
  it('doubles the bound with every attempt and stops at the largest', () => {
    const backoff = new Backoff(() => 1);
    const waitsMs = Array.from({ length: 10 }, () => backoff.nextMs());
    expect(waitsMs).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('waits anything below the bound, so that clients do not come back together', () => {
    const randoms = [0, 0.5, 0.25];
    const backoff = new Backoff(() => randoms.shift() ?? 1);
    expect([backoff.nextMs(), backoff.nextMs(), backoff.nextMs()]).toEqual([0, 250, 250]);
    const usual = new Backoff();
    for (let attempt = 0; attempt < 100; attempt++) {
      expect(usual.nextMs()).toBeLessThanOrEqual(limits.reconnectMaxMs);
    }
  });

  it('stays at the largest bound for ever', () => {
    const backoff = new Backoff(() => 1);
    for (let attempt = 0; attempt < 5_000; attempt++) backoff.nextMs();
    expect(backoff.nextMs()).toBe(limits.reconnectMaxMs);
  });

  it('begins again after a reset', () => {
    const backoff = new Backoff(() => 1);
    backoff.nextMs();
    backoff.nextMs();
    backoff.reset();
    expect(backoff.nextMs()).toBe(limits.reconnectMinMs);
  });
});
