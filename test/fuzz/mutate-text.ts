import type { Dice } from './dice.ts';

const CHUNKS = [
  '\u0000',
  '\ud800',
  '\udfff',
  '\u202e',
  '\ufeff',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '"',
  '\\',
  '\\u0000',
  '%00',
  '%2e%2e%2f',
  '../',
  '://',
  '*',
  '?',
  '#',
  '-',
  ',',
  '1',
  '[',
  '{',
  '}',
  ']',
  'é',
  'ß',
  'İ',
  '🦩',
  '\u0301',
  '__proto__',
  'nsec1',
  'npub1',
  'null',
  '0x',
  '1e400',
  '-0',
] as const;

/** Where numbers turn into something else. */
export const ODD_NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '0.5',
  '255',
  '256',
  '65535',
  '65536',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '999999999999999',
  '1000000000000000',
  '1e21',
  '1e400',
  '-1e400',
  '1e-400',
] as const;

type Change = (text: string, dice: Dice) => string;

const changes: readonly Change[] = [
  (text, dice) => insert(text, dice, dice.pick(CHUNKS)),
  (text, dice) => insert(text, dice, dice.pick(ODD_NUMBERS)),
  (text, dice) => insert(text, dice, dice.pick(CHUNKS).repeat(1 + dice.below(longest(dice)))),
  (text, dice) => text.slice(0, dice.below(text.length + 1)),
  (text, dice) => text.slice(dice.below(text.length + 1)),
  (text, dice) => {
    const [from, to] = range(text, dice);
    return text.slice(0, from) + text.slice(to);
  },
  (text, dice) => {
    const [from, to] = range(text, dice);
    return text.slice(0, to) + text.slice(from);
  },
  (text, dice) => {
    const [at] = range(text, dice);
    return text.slice(0, at) + String.fromCharCode(dice.below(65_536)) + text.slice(at + 1);
  },
  (text, dice) => {
    const [at] = range(text, dice);
    return text.slice(0, at) + String.fromCharCode(32 + dice.below(95)) + text.slice(at + 1);
  },
  (text, dice) => text.replace(/\d+/, () => dice.pick(ODD_NUMBERS)),
  (text) => text.toUpperCase(),
  (text) => ` ${text} `,
  (text) => text + text,
  () => '',
  (_, dice) => Array.from({ length: dice.below(60) }, () => dice.pick(CHUNKS)).join(''),
  (_, dice) =>
    Array.from({ length: dice.below(200) }, () => String.fromCharCode(dice.below(65_536))).join(''),
];

/** The text, with something about it that nobody has asked for. */
export function mutateText(text: string, dice: Dice): string {
  let mutated = text;
  for (let times = 1 + dice.below(3); times > 0; times--) mutated = dice.pick(changes)(mutated, dice);
  return mutated;
}

/** Mostly short: what is long is slow, and is wrong in the same way. */
function longest(dice: Dice): number {
  return dice.falls(1) ? 70_000 : 100;
}

function insert(text: string, dice: Dice, chunk: string): string {
  const at = dice.below(text.length + 1);
  return text.slice(0, at) + chunk + text.slice(at);
}

function range(text: string, dice: Dice): [from: number, to: number] {
  const from = dice.below(text.length + 1);
  return [from, from + dice.below(Math.min(64, text.length - from) + 1)];
}
