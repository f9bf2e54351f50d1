import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Liveness } from './liveness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch() {
  const [ping, ondead] = [vi.fn<() => void>(), vi.fn<() => void>()];
  return { ping, ondead, liveness: new Liveness({ idlePingMs: 1000, pongTimeoutMs: 300, ping, ondead }) };
}

describe('Liveness', () => {
  it('pings only a connection that was silent for the whole time', () => {
    const { ping, liveness } = watch();
    for (let ms = 0; ms < 5000; ms += 500) {
      vi.advanceTimersByTime(500);
      liveness.heard();
    }
    expect(ping).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(ping).toHaveBeenCalledOnce();
    liveness.close();
  });

  it('calls a connection dead that does not answer a ping, once', () => {
    const { ping, ondead } = watch();
    vi.advanceTimersByTime(1299);
    expect(ondead).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ondead).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60_000);
    expect([ping, ondead].map((each) => each.mock.calls.length)).toEqual([1, 1]);
  });

  it('takes any answer for life', () => {
    const { ping, ondead, liveness } = watch();
    for (let n = 0; n < 10; n++) {
      vi.advanceTimersByTime(1100);
      liveness.heard();
    }
    expect(ondead).not.toHaveBeenCalled();
    expect(ping.mock.calls.length).toBeGreaterThan(3);
    liveness.close();
  });

  it('leaves no timer behind', () => {
    const { ping, liveness } = watch();
    liveness.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(ping).not.toHaveBeenCalled();
  });
});
