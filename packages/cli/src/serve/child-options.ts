import { InvalidArgumentError, Option } from 'commander';

import { usageError } from '../errors.ts';
import { limits } from './child/limits.ts';
import { isForChildren } from './child-environment.ts';

const MINUTE_MS = 60_000;

/** After how many milliseconds without use a program is ended; 0 is never. */
export function idleOption(): Option {
  return new Option(
    '--idle <minutes>',
    `end a program that was not used for so long, until the next request; 0: never (default: ${limits.idleMs / MINUTE_MS})`,
  ).argParser(parseMinutes);
}

function parseMinutes(text: string): number {
  if (/^(\d{1,4}|\d{0,4}\.\d{1,3})$/.test(text)) return Math.round(Number(text) * MINUTE_MS);
  throw new InvalidArgumentError('minutes from 0 to 9999 are needed');
}

/** Names of variables. */
export function envOption(): Option {
  return new Option(
    '--env <name>',
    'the program sees this variable, and beside those given only PATH, HOME and the like; can be repeated',
  ).argParser((text: string, earlier: string[] | undefined) => [...(earlier ?? []), parseName(text)]);
}

function parseName(text: string): string {
  if (!/^[A-Za-z_]\w*$/.test(text)) {
    throw usageError(
      '--env takes the name of a variable and not its value',
      'set it in the environment of serve, and give its name: a value in the command line is seen by all programs',
    );
  }
  if (isForChildren(text)) return text;
  throw usageError(
    `${text} is a setting or a key of ours, which programs do not see`,
    'give the program a variable of another name',
  );
}
