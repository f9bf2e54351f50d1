import { onTestFinished, vi } from 'vitest';

/** From now on time passes in this process as the test says, until its end: nothing comes late on a busy machine. */
export function stillClock(): (ms: number) => void {
  let now = performance.now();
  // A faked one would begin at 0, far behind what is due already.
  Object.defineProperty(performance, 'now', { configurable: true, value: () => now });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldClearNativeTimers: true });
  onTestFinished(() => {
    Reflect.deleteProperty(performance, 'now');
    vi.useRealTimers();
  });
  return (ms) => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
}
