import { formatNpub, parseAddress } from '@mcp-nostr/core';

import { withoutInvite } from '../../address-book/address-link.ts';
import { isName } from '../../address-book/names.ts';
import { parseNip05 } from '../../address-book/nip05.ts';
import { usageError } from '../../errors.ts';
import { oneLine } from '../../terminal.ts';
import { limits } from './limits.ts';

/** One server of several, as it was given on the command line. */
export interface UpstreamWord {
  /** What its names begin with; undefined when there is no other to tell it from. */
  readonly prefix: string | undefined;
  /** As it was given: an address, a name, `name@domain`. */
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
  for (const [index, { prefix, identity }] of upstreams.entries()) {
    const earlier = upstreams.slice(0, index);
    if (earlier.some((other) => other.identity === identity))
      throw usageError(`${oneLine(words[index] ?? '', 100)} is given twice`, 'give each server once');
    if (earlier.some((other) => other.prefix === prefix))
      throw usageError(
        `two servers would be called ${prefix}`,
        'give each a name of its own: mcp-nostr connect one=<address> two=<address>',
      );
  }
  const isAlone = words.length === 1 && !words[0]?.includes('=');
  const [nameless] = isAlone ? [] : upstreams.filter(({ prefix }) => prefix === undefined);
  if (nameless !== undefined)
    throw usageError(
      `among several servers ${oneLine(nameless.address, 100)} needs a name`,
      `mcp-nostr connect one=${oneLine(nameless.address, 100)} two=<address>`,
    );
  return upstreams.map(({ prefix, address }) => ({ prefix: isAlone ? undefined : prefix, address }));
}

interface ReadWord extends UpstreamWord {
  /** The same for words that are sure to mean the same server. */
  identity: string;
}

function parseUpstreamWord(word: string): ReadWord {
  const [, name, rest] = /^([^?#]*?)=(.*)$/s.exec(word) ?? [];
  // It says which command takes an invite, and does not repeat it.
  const address = withoutInvite(rest ?? word);
  const { prefix: ownPrefix, identity } = ownName(address);
  if (name === undefined) return { prefix: ownPrefix, address, identity };
  // An underscore ends it in names and a plus in URIs, and programs write the scheme of a URI in small letters.
  if (!/^[a-z][a-z\d-]*$/.test(name) || name.length > limits.maxPrefixLength)
    throw usageError(
      `${oneLine(name, 100) || 'nothing'} cannot be the name of a server`,
      `a name has small letters, digits and hyphens, begins with a letter, and has ${limits.maxPrefixLength} characters at most`,
    );
  return { prefix: name, address, identity };
}

/** What a server is called without a name in front of it. */
function ownName(address: string): { prefix: string | undefined; identity: string } {
  if (isName(address)) return { prefix: address, identity: address };
  const nip05 = parseNip05(address);
  if (nip05 !== undefined) return { prefix: undefined, identity: nip05 };
  const { pubkey } = parseAddress(address);
  return { prefix: formatNpub(pubkey).slice(0, NPUB_LENGTH), identity: pubkey };
}
