import { describe, expect, it } from 'vitest';

import { SendWindow } from './window.ts';

describe('the window', () => {
  it('begins at 512 KiB, grows by what arrives, and is at most 1 MiB', () => {
    const window = new SendWindow();
    expect([window.bytes, window.pausedUntil]).toEqual([524_288, 0]);
    window.arrived(1_000);
    expect(window.bytes).toBe(525_288);
    window.arrived(10_000_000);
    expect(window.bytes).toBe(1_048_576);
  });

  it('halves on congestion and pauses for 1 s; what was under way earns the same word and counts once', () => {
    const window = new SendWindow();
    window.congested(5_000);
    window.congested(5_999);
    expect([window.bytes, window.pausedUntil]).toEqual([262_144, 6_000]);
    window.congested(6_000);
    expect([window.bytes, window.pausedUntil]).toEqual([131_072, 8_000]);
  });

  it('never falls below 64 KiB, and no pause is longer than 8 s', () => {
    const window = new SendWindow();
    const pauses = Array.from({ length: 6 }, () => {
      const now = window.pausedUntil;
      window.congested(now);
      return window.pausedUntil - now;
    });
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(window.bytes).toBe(65_536);
  });

  it('pauses for 1 s again once something has arrived', () => {
    const window = new SendWindow();
    window.congested(0);
    window.congested(1_000);
    window.arrived(1);
    window.congested(3_000);
    expect(window.pausedUntil).toBe(4_000);
  });
});
