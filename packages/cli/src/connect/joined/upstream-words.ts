import { formatNpub, parseAddress } from '@mcp-nostr/core';

import { usageError } from '../../errors.ts';
import { oneLine } from '../../terminal.ts';
import { limits } from './limits.ts';

/** One server of several, as it was given on the command line. */
export interface UpstreamWord {
  /** What its names begin with; undefined when there is no other to tell it from. */
  readonly prefix: string | undefined;
  readonly address: string;
}

/** Of an npub: `npub1` and 25 bits. */
const NPUB_LENGTH = 10;

/**
 * Reads `ADDRESS` and `name=ADDRESS`. One address alone has no prefix.
 * @throws {CliError | AddressError}
 */
export function parseUpstreamWords(words: readonly string[]): UpstreamWord[] {
  if (words.length > limits.maxUpstreams)
    throw usageError(
      `${words.length} addresses were given, and at most ${limits.maxUpstreams} go together`,
      'make several entries in the configuration of the host',
    );
  const upstreams = words.map((word) => parseUpstreamWord(word));
  for (const [index, { prefix, pubkey }] of upstreams.entries()) {
    const earlier = upstreams.slice(0, index);
    if (earlier.some((other) => other.pubkey === pubkey))
      throw usageError(`${oneLine(words[index] ?? '', 100)} is given twice`, 'give each server once');
    if (earlier.some((other) => other.prefix === prefix))
      throw usageError(
        `two servers would be called ${prefix}`,
        'give each a name of its own: mcp-nostr connect one=<address> two=<address>',
      );
  }
  const isAlone = words.length === 1 && !words[0]?.includes('=');
  return upstreams.map(({ prefix, address }) => ({ prefix: isAlone ? undefined : prefix, address }));
}

function parseUpstreamWord(word: string): { prefix: string; address: string; pubkey: string } {
  const end = word.indexOf('=');
  const address = word.slice(end + 1);
  const { pubkey } = parseAddress(address);
  if (end === -1) return { prefix: formatNpub(pubkey).slice(0, NPUB_LENGTH), address, pubkey };
  const prefix = word.slice(0, end);
  // An underscore ends it in names and a plus in URIs, and programs write the scheme of a URI in small letters.
  if (!/^[a-z][a-z\d-]*$/.test(prefix) || prefix.length > limits.maxPrefixLength)
    throw usageError(
      `${oneLine(prefix, 100) || 'nothing'} cannot be the name of a server`,
      `a name has small letters, digits and hyphens, begins with a letter, and has ${limits.maxPrefixLength} characters at most`,
    );
  return { prefix, address, pubkey };
}
