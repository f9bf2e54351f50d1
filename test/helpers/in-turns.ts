import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import { vi } from 'vitest';

/** What passes with each step, which takes half of it and the turns. */
const STEP_MS = 10;
/** What is on its way within this process gets so much further between two steps. */
const TURNS = 4;
/** What the work leaves behind, a goodbye for instance, has this long. */
const REST_MS = 1_500;

/**
 * Does something whose time-outs are short, and lets time pass by the turns of the event loop: on a busy machine a
 * time-out is as late as the answer that it must not come before. Only what is said in this process is waited for so.
 */
export async function inTurns<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldClearNativeTimers: true });
  const over = new AbortController();
  const done = work().finally(() => over.abort());
  done.catch(() => {}); // it is thrown below
  try {
    while (!over.signal.aborted) {
      await sleep(STEP_MS / 2);
      await pass(STEP_MS);
    }
    for (let ms = 0; ms < REST_MS && vi.getTimerCount() > 0; ms += 5 * STEP_MS) await pass(5 * STEP_MS);
    return await done;
  } finally {
    vi.useRealTimers();
  }
}

async function pass(ms: number): Promise<void> {
  for (let count = 0; count < TURNS; count++) await turn();
  await vi.advanceTimersByTimeAsync(ms);
}
