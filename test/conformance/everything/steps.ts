import { setTimeout as sleep } from 'node:timers/promises';

/** Between the messages of one call: the suite looks for messages that come while a call runs. */
const PAUSE_MS = 50;

/** Tells one thing after the other, with a pause between two. */
export async function tellInSteps<T>(steps: readonly T[], tell: (step: T) => Promise<void>): Promise<void> {
  for (const [index, step] of steps.entries()) {
    if (index > 0) await sleep(PAUSE_MS);
    await tell(step);
  }
}

export const LOG_STEPS = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];
export const PROGRESS_STEPS = [0, 50, 100];
