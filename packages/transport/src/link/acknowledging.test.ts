import { describe, expect, it } from 'vitest';

import { Acknowledging } from './acknowledging.ts';
import { linkLimits } from './limits.ts';

describe('an acknowledgement', () => {
  it('is due when the first frame has waited for its delay, whatever comes after it', () => {
    const acknowledging = new Acknowledging();
    expect(acknowledging.dueAt).toBe(Infinity);
    acknowledging.received(1_000, 10, 500);
    acknowledging.received(1_100, 10, 200);
    expect(acknowledging.dueAt).toBe(1_300);
    acknowledging.received(1_200, 10, 500);
    expect(acknowledging.dueAt).toBe(1_300);
  });

  it('is due at once for 256 KiB that were not acknowledged, and counts anew after each', () => {
    expect(linkLimits.ackAfterBytes).toBe(262_144);
    const acknowledging = new Acknowledging();
    acknowledging.received(1_000, 262_143, 200);
    expect(acknowledging.dueAt).toBe(1_200);
    acknowledging.received(1_050, 1, 200);
    expect(acknowledging.dueAt).toBe(1_050);
    acknowledging.carried(1_050, false);
    expect(acknowledging.dueAt).toBe(Infinity);
    acknowledging.received(1_060, 262_143, 200);
    expect(acknowledging.dueAt).toBe(1_260);
  });

  it('answers a question at once, but only once in a round trip', () => {
    const acknowledging = new Acknowledging();
    acknowledging.asked(1_000, 100);
    expect(acknowledging.dueAt).toBe(1_000);
    acknowledging.carried(1_000, true);
    acknowledging.asked(1_050, 100);
    expect(acknowledging.dueAt).toBe(1_100);
    acknowledging.carried(1_100, true);
    acknowledging.asked(1_300, 100);
    expect(acknowledging.dueAt).toBe(1_300);
  });

  it('answers the very first question at once', () => {
    const acknowledging = new Acknowledging();
    acknowledging.asked(10, 100);
    expect(acknowledging.dueAt).toBe(10);
  });

  it('that a message carried does not count as the answer to a question', () => {
    const acknowledging = new Acknowledging();
    acknowledging.carried(1_000, false);
    acknowledging.asked(1_010, 100);
    expect(acknowledging.dueAt).toBe(1_010);
  });

  it('that is due already is not put off by a question', () => {
    const acknowledging = new Acknowledging();
    acknowledging.asked(1_000, 100);
    acknowledging.carried(1_000, true);
    acknowledging.received(1_010, 10, 20);
    acknowledging.asked(1_010, 100);
    expect(acknowledging.dueAt).toBe(1_030);
  });
});
