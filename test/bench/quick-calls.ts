import { median, roundTo } from './stats.ts';
import type { EchoCall } from './tools.ts';

/** What one peer reached in one round. */
export interface QuickCalls {
  /** Median of the sequential calls. */
  roundTripMs: number;
  /** With many calls in flight. */
  callsPerSecond: number;
}

export interface Plan {
  /** Calls one after the other, for this long. */
  sequentialMs: number;
  /** Calls with `inFlight` at a time: first for this long without counting, until all parts are busy, */
  rampMs: number;
  /** then for this long, in which the answers count. */
  concurrentMs: number;
  inFlight: number;
}

let count = 0;

/** No two calls are equal, so that nobody answers from memory. */
function nextText(): string {
  return String(count++).padStart(16, 'echo-0000000000-');
}

/** By time and not by number of calls: everybody gets the same share of the run, and its length is known. */
export async function measureQuickCalls(call: EchoCall, plan: Plan): Promise<QuickCalls> {
  const roundTripMs = await medianMs(() => call(nextText()), plan.sequentialMs);
  const callsPerSecond = await callConcurrently(call, plan);
  return { roundTripMs: roundTo(roundTripMs, 3), callsPerSecond: roundTo(callsPerSecond, 1) };
}

/** One call after the other, this many. */
export async function callInTurn(call: EchoCall, calls: number): Promise<void> {
  for (let made = 0; made < calls; made++) await call(nextText());
}

/** How long a call takes while one follows the other for this long; there is always one. */
export async function medianMs(call: () => Promise<void>, forMs: number): Promise<number> {
  const timesMs: number[] = [];
  const end = performance.now() + forMs;
  for (let start = performance.now(); start < end; start = performance.now()) {
    await call();
    timesMs.push(performance.now() - start);
  }
  return median(timesMs);
}

async function callConcurrently(call: EchoCall, plan: Plan): Promise<number> {
  const from = performance.now() + plan.rampMs;
  const to = from + plan.concurrentMs;
  let answers = 0;
  const worker = async (): Promise<void> => {
    for (let now = performance.now(); now < to;) {
      await call(nextText());
      now = performance.now();
      if (now >= from && now < to) answers++;
    }
  };
  await Promise.all(Array.from({ length: plan.inFlight }, worker));
  return answers / (plan.concurrentMs / 1000);
}
