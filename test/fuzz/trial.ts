import { Broken, type Subject } from './target.ts';

/** Why the case is a failure. */
export async function trial(subject: Subject, text: string, slowMs = 1_000): Promise<unknown> {
  let error = await timed(subject, text, slowMs);
  if (error instanceof Slow) error = await timed(subject, text, slowMs);
  return error;
}

class Slow extends Broken {}

async function timed(subject: Subject, text: string, slowMs: number): Promise<unknown> {
  const since = performance.now();
  try {
    const taken = subject.take(text);
    if (taken !== undefined) await taken;
  } catch (error) {
    return error;
  }
  const ms = performance.now() - since;
  return ms > slowMs ? new Slow(`it took ${Math.round(ms)} ms`) : undefined;
}
