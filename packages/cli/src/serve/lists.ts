import { parseAddress } from '@mcp-nostr/core';

import { collectRelays } from '../relay-options.ts';

/** A commander parser of `--allow`: public keys, as hex. Each use may hold several, separated by commas or spaces. */
export function collectKeys(text: string, earlier: string[] = []): string[] {
  const keys = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => parseAddress(part).pubkey);
  return [...new Set([...earlier, ...keys])];
}

/** The options that are lists, as far as they were given. */
export interface Lists {
  allow?: string[];
  relay?: string[];
}

/**
 * `--allow one two -- program` leaves `two` in front of the program's words, and so does `--relay`: what can only be
 * more of the list belongs there. The last word never does, since something has to be served.
 */
export function takeLists<T extends Lists>(
  words: readonly string[],
  options: T,
): [words: string[], options: T] {
  const rest = [...words];
  const taken = { ...options };
  while (rest.length > 1) {
    const [first = ''] = rest;
    if (taken.allow !== undefined && /^((nostr:)?(npub|nprofile)1|[0-9a-f]{64}(,|$))/i.test(first)) {
      taken.allow = collectKeys(first, taken.allow);
    } else if (taken.relay !== undefined && /^wss?:\/\//i.test(first)) {
      taken.relay = collectRelays(first, taken.relay);
    } else break;
    rest.shift();
  }
  return [rest, taken];
}
