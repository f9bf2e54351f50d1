import { InvalidArgumentError } from 'commander';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
/** Longer is for ever. */
const MAX_SECONDS = 10 * 365 * 86_400;

/** A commander parser of a span of time, in seconds: `90s`, `30m`, `24h`, `7d`, `2w`. */
export function parseDuration(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhdw])$/.exec(text.trim().toLowerCase()) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? NaN);
  if (seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError('a number with its unit is needed, as in 90s, 30m, 24h, 7d or 2w');
}
