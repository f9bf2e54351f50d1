import { median, type Measurement, roundTo } from './stats.ts';

/** Makes one call and resolves when its answer is here and right. `text` has 16 bytes. */
export type EchoCall = (text: string) => Promise<void>;

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
export async function measure(call: EchoCall, plan: Plan): Promise<Measurement> {
  const roundTripsMs = await callOneByOne(call, plan.sequentialMs);
  const callsPerSecond = await callConcurrently(call, plan);
  return { roundTripMs: roundTo(median(roundTripsMs), 3), callsPerSecond: roundTo(callsPerSecond, 1) };
}

async function callOneByOne(call: EchoCall, forMs: number): Promise<number[]> {
  const roundTripsMs: number[] = [];
  const end = performance.now() + forMs;
  for (let start = performance.now(); start < end; start = performance.now()) {
    await call(nextText());
    roundTripsMs.push(performance.now() - start);
  }
  return roundTripsMs;
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
