import { onTestFinished } from 'vitest';

/** The time of all processes of a test, which goes on by itself and can be set ahead; until the end of the test. */
export function leapingClock(): (ms: number) => void {
  const now = performance.now.bind(performance);
  let offset = 0;
  // No spy: it would keep every call.
  Object.defineProperty(performance, 'now', { configurable: true, value: () => now() + offset });
  onTestFinished(() => void Reflect.deleteProperty(performance, 'now'));
  return (ms) => {
    offset += ms;
  };
}
