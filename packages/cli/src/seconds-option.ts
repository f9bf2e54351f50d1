import { InvalidArgumentError } from 'commander';

/** A commander parser of option values: up to a day. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('a number of seconds is needed');
}
