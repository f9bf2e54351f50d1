import { partsOf, replacePart, toTree, writeTree } from './json-tree.ts';
import type { Target } from './target.ts';
import { trial } from './trial.ts';

export interface ShrinkOptions {
  /** No case takes more of the processor than this. @default 1000 */
  slowMs?: number | undefined;
  /** Attempts; what is left then is small enough to be read. @default 400 */
  patience?: number | undefined;
}

/** A smaller text that fails by itself, before a target that has seen nothing; the text itself where there is none. */
export async function shrink(
  target: Target,
  text: string,
  { slowMs, patience = 400 }: ShrinkOptions,
): Promise<string> {
  let attempts = 0;
  const fails = async (candidate: string): Promise<boolean> => {
    attempts++;
    const subject = await target.open();
    try {
      return (await trial(subject, candidate, slowMs)) !== undefined;
    } finally {
      await subject.close?.();
    }
  };
  /** The first smaller one that fails too. */
  const next = async (current: string): Promise<string | undefined> => {
    for (const candidate of smaller(current)) {
      if (attempts >= patience) return undefined;
      if (candidate.length < current.length && (await fails(candidate))) return candidate;
    }
    return undefined;
  };
  if (!(await fails(text))) return text;
  let smallest = text;
  for (let found = await next(text); found !== undefined; found = await next(found)) smallest = found;
  return smallest;
}

function* smaller(text: string): Generator<string> {
  yield* smallerJson(text);
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < text.length; at += size) yield text.slice(0, at) + text.slice(at + size);
}

function* smallerJson(text: string): Generator<string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  // What is deep is cut as text.
  if (/[[{:"a]{200}/.test(text)) return;
  const tree = toTree(value);
  for (const part of partsOf(tree)) {
    yield writeTree(replacePart(tree, part, { text: '0' }));
    yield writeTree(replacePart(tree, part, { text: '""' }));
    if ('items' in part)
      for (const gone of part.items)
        yield writeTree(replacePart(tree, part, { items: part.items.filter((each) => each !== gone) }));
    if ('entries' in part)
      for (const gone of part.entries)
        yield writeTree(replacePart(tree, part, { entries: part.entries.filter((each) => each !== gone) }));
  }
}
