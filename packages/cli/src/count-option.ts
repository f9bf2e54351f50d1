import { InvalidArgumentError } from 'commander';

/** A commander parser: how many. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 to 99999 is needed');
}
