import { limits } from '@mcp-nostr/core';
import { InvalidArgumentError, Option } from 'commander';

import { parseDuration } from '../duration-option.ts';

/** In seconds. */
export function sessionOption(): Option {
  return new Option(
    '--session <time>',
    'with a key that a remote signer holds: how long one approval lasts, as in 30m, 8h or 7d (default: 24h)',
  ).argParser(parseSessionTime);
}

function parseSessionTime(text: string): number {
  const seconds = parseDuration(text);
  if (seconds <= limits.maxGrantSeconds) return seconds;
  throw new InvalidArgumentError(`servers take no more than ${limits.maxGrantSeconds / 86_400} days`);
}
