import { describe, expect, it } from 'vitest';

import { Opening } from './opening.ts';

describe('an opening', () => {
  it('is due at once, after 500 ms again, and then every second', () => {
    const opening = new Opening();
    expect([opening.nextAt, opening.isSent]).toEqual([0, false]);
    const times: number[] = [];
    for (let now = 1_000; times.length < 4; now = opening.nextAt) {
      opening.signing();
      expect(opening.nextAt).toBe(Infinity);
      opening.sent(now);
      times.push(now);
    }
    expect(opening.isSent).toBe(true);
    expect(times).toEqual([1_000, 1_500, 2_500, 3_500]);
  });

  it('that nobody answers fails 11 s after the first that left, whatever the signature took', () => {
    const opening = new Opening();
    expect(opening.failsAt).toBe(Infinity);
    opening.wanted(1_000);
    opening.wanted(2_000);
    expect(opening.failsAt).toBe(12_000);
    opening.signing();
    expect(opening.failsAt).toBe(Infinity);
    opening.sent(90_000);
    expect(opening.failsAt).toBe(101_000);
    opening.signing();
    opening.sent(91_000);
    expect(opening.failsAt).toBe(101_000);
  });

  it('that nobody listened to is repeated after 500 ms, or when it was due anyway', () => {
    const opening = new Opening();
    opening.signing();
    opening.sent(1_000);
    opening.muted(1_200);
    expect(opening.nextAt).toBe(1_500);
    opening.signing();
    opening.sent(1_500);
    opening.muted(1_501);
    expect(opening.nextAt).toBe(2_001);
  });

  it('goes out at once on a new way, and not later for it', () => {
    const opening = new Opening();
    opening.signing();
    opening.sent(1_000);
    opening.again(1_100);
    expect(opening.nextAt).toBe(1_100);
    opening.again(1_300);
    expect(opening.nextAt).toBe(1_100);
  });

  it('whose stamp was refused goes out at once and has its whole time once more', () => {
    const opening = new Opening();
    opening.signing();
    opening.sent(1_000);
    opening.restamped(1_400);
    expect([opening.nextAt, opening.failsAt]).toEqual([1_400, 12_400]);
  });
});
