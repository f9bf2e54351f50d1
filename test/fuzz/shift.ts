import { heapBytes } from '../helpers/heap.ts';
import { Dice } from './dice.ts';
import { mutateJson } from './mutate-json.ts';
import { mutateText } from './mutate-text.ts';
import { shrink, type ShrinkOptions } from './shrink.ts';
import { Broken, type Subject, type Target } from './target.ts';
import { trial } from './trial.ts';

/** Among so many cases are enough honest ones to be looked for. */
const MANY = 300;

/** Changes upon changes multiply; what is longer shows nothing that this does not. */
const MAX_LENGTH = 200_000;

export interface ShiftOptions extends ShrinkOptions {
  seed: number;
  /** The first case. @default 0 */
  from?: number;
  cases: number;
  /** The heap grows by no more than this after the first tenth of the cases. @default 32 MiB, where they are many */
  maxGrowthBytes?: number;
}

export interface Failure {
  target: string;
  seed: number;
  case: number;
  /** The whole input, shrunk where it fails by itself. */
  text: string;
  reason: string;
}

/** Cases for one target, one after the other; stops at the first that breaks a promise. */
export async function work(target: Target, options: ShiftOptions): Promise<Failure | undefined> {
  const { seed, from = 0, cases } = options;
  // What a few cases leave behind is not worth the time that it takes to see it.
  const { maxGrowthBytes = cases >= MANY ? 32 * 2 ** 20 : Infinity } = options;
  const subject = await target.open();
  const fail = (number: number, text: string, error: unknown): Failure => ({
    target: target.name,
    seed,
    case: number,
    text,
    reason: error instanceof Error ? error.message : String(error),
  });
  let heapBefore = Infinity;
  try {
    for (let number = from; number < from + cases; number++) {
      if (maxGrowthBytes < Infinity && number === from + Math.floor(cases / 10))
        heapBefore = await heapBytes();
      const text = inputOf(subject, seed, number);
      const error = await trial(subject, text, options.slowMs);
      if (error !== undefined) return fail(number, await shrink(target, text, options), error);
    }
    const grown = maxGrowthBytes < Infinity ? (await heapBytes()) - heapBefore : 0;
    if (grown > maxGrowthBytes) throw new Broken(`the heap has grown by ${grown} bytes`);
    if (cases >= MANY) subject.verify?.();
    return undefined;
  } catch (error) {
    return fail(from + cases, '', error);
  } finally {
    await subject.close?.();
  }
}

/** The text of a case. */
function inputOf(subject: Subject, seed: number, number: number): string {
  return mutated(subject, seed, number).slice(0, MAX_LENGTH);
}

function mutated({ samples }: Subject, seed: number, number: number): string {
  const dice = new Dice(seed, number);
  const sample = dice.pick(samples);
  const isText = typeof sample === 'string';
  const honest = isText ? sample : JSON.stringify(sample);
  if (dice.falls(5)) return honest;
  if (isText) return mutateText(honest, dice);
  const text = dice.falls(85) ? mutateJson(sample, dice, samples) : honest;
  return dice.falls(15) ? mutateText(text, dice) : text;
}
