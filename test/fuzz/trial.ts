import { Broken, type Subject } from './target.ts';

/** Of anything that takes sockets, on a machine that others use too. */
const HUNG_MS = 60_000;

/** Why the case is a failure. */
export async function trial(subject: Subject, text: string, slowMs = 1_000): Promise<unknown> {
  let error = await timed(subject, text, slowMs);
  // A collection of garbage may have fallen into it.
  if (error instanceof Slow) error = await timed(subject, text, slowMs);
  return error;
}

class Slow extends Broken {}

/** By the time of the processor, which others do not have a part of. */
async function timed(subject: Subject, text: string, slowMs: number): Promise<unknown> {
  const before = process.cpuUsage();
  try {
    const taken = subject.take(text);
    if (taken !== undefined) await inTime(taken);
  } catch (error) {
    return error;
  }
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1_000;
  return ms > slowMs ? new Slow(`it took ${Math.round(ms)} ms`) : undefined;
}

async function inTime(taken: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Broken('it never came to an end')), HUNG_MS);
  });
  try {
    await Promise.race([taken, hung]);
  } finally {
    clearTimeout(timer);
  }
}
