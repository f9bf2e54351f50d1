import type { Dice } from './dice.ts';
import { type JsonTree, partsOf, replacePart, stringIn, toTree, writeTree } from './json-tree.ts';
import { mutateText, ODD_NUMBERS } from './mutate-text.ts';

/** Names that objects have without being given them, and some that ours have. */
const ODD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  '0',
  '',
  'id',
  'kind',
  'tags',
  'method',
  'result',
  'error',
  'params',
] as const;

const ODD_VALUES = ['null', 'true', 'false', '""', '[]', '{}', '[[]]', '[{}]', '"\\ud800"', '"\\u0000"'];

type Change = (part: JsonTree, dice: Dice, all: readonly JsonTree[]) => JsonTree;

const changes: readonly Change[] = [
  (_, dice) => ({ text: dice.pick(ODD_VALUES) }),
  (_, dice) => ({ text: dice.pick(ODD_NUMBERS) }),
  (_, dice) => ({ text: JSON.stringify(dice.pick(ODD_NUMBERS)) }),
  (_, dice, all) => dice.pick(all),
  (part) => ({ items: [part] }),
  (part, dice) => ({ entries: [[dice.pick(ODD_KEYS), part]] }),
  (part, dice) => nest(part, dice),
  reword,
  reword,
  reword,
  reshape,
  reshape,
  reshape,
];

/** What is said in JSON, with a few things about it that nobody has asked for. `others`: to take parts from. */
export function mutateJson(sample: unknown, dice: Dice, others: readonly unknown[] = []): string {
  let tree = toTree(sample);
  const foreign = others.length === 0 ? [] : partsOf(toTree(dice.pick(others)));
  for (let times = 1 + dice.below(4); times > 0; times--) {
    const parts = partsOf(tree);
    const part = dice.pick(parts);
    tree = replacePart(tree, part, dice.pick(changes)(part, dice, [...parts, ...foreign]));
  }
  return writeTree(tree);
}

/** Deeper than a program that calls itself can follow, seldom; a few levels, often. */
function nest(part: JsonTree, dice: Dice): JsonTree {
  const depth = dice.falls(1) ? 20_000 : dice.falls(3) ? 1_000 : 1 + dice.below(20);
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return { text: open.repeat(depth) + writeTree(part) + close.repeat(depth) };
}

/** A string's text; where that is JSON itself, in a tag or as a message, mostly what it says. */
function reword(part: JsonTree, dice: Dice): JsonTree {
  const text = stringIn(part);
  if (text === undefined) return 'text' in part ? { text: dice.pick(ODD_NUMBERS) } : reshape(part, dice);
  const inner = /^[[{]/.test(text) && dice.falls(80) ? parsed(text) : undefined;
  return { text: JSON.stringify(inner === undefined ? mutateText(text, dice) : mutateJson(inner, dice)) };
}

/** Members gone, twice, in another order, of another name, or many. */
function reshape(part: JsonTree, dice: Dice): JsonTree {
  if ('text' in part) return { items: [part, part] };
  if ('items' in part) return { items: shuffled(part.items, dice) };
  const entries = shuffled(part.entries, dice);
  const [first] = entries;
  if (first !== undefined && dice.falls(40)) entries.push([dice.pick(ODD_KEYS), first[1]]);
  return { entries };
}

function shuffled<T>(members: readonly T[], dice: Dice): T[] {
  const changed = [...members];
  const at = dice.below(changed.length + 1);
  const member = changed[at];
  if (member === undefined) return changed.toReversed();
  switch (dice.below(4)) {
    case 0:
      changed.splice(at, 1);
      break;
    case 1:
      changed.push(member);
      break;
    case 2:
      changed.splice(at, 0, ...Array.from({ length: dice.below(100) }, () => member));
      break;
    default:
      changed.unshift(...changed.splice(at));
  }
  return changed;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
