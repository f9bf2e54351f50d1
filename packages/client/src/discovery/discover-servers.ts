import { isHex32 } from '@mcp-nostr/core';

import type { FoundServer } from './announcement-book.ts';
import { discoveryLimits as limits } from './limits.ts';
import { wordsOf } from './matching.ts';
import { ranked } from './ranking.ts';
import { search, type SearchOptions } from './search.ts';

export interface DiscoverOptions extends SearchOptions {
  /** All of them occur in a name, in what a server says of itself, or in its tools, prompts and resources. */
  words?: string | readonly string[] | undefined;
  /** The hash of a common tool schema (CEP-15) that a tool of the server has. */
  schema?: string | undefined;
  /** @default 100 */
  limit?: number | undefined;
  /** What is found so far, in its order, each time that a relay has said what it has. */
  onfound?: ((servers: FoundServer[]) => void) | undefined;
}

/**
 * The servers that are announced on these relays: the best fit first, then the newest. Relays are read at the same time
 * and put together, and the last word of a server counts, also where it has withdrawn itself on one relay only.
 * @throws {TransportError} `no_relays`; `relays_unreachable` when none of them has answered
 * @throws {AddressError} for what is no relay's URL
 */
export async function discoverServers(options: DiscoverOptions): Promise<FoundServer[]> {
  const { words = [], schema, limit = limits.defaultServers, onfound } = options;
  const hash = schema?.toLowerCase();
  if (hash !== undefined && !isHex32(hash))
    throw new TypeError(
      `not a schema's hash: ${JSON.stringify(hash.slice(0, 80))}; it has 64 hex characters`,
    );
  const asked = wordsOf(words);
  // Who fits is not known before the lists are: then all of them are looked at.
  const { maxServersPerRelay } = limits;
  const maxServers = asked.length === 0 ? Math.min(limit, maxServersPerRelay) : maxServersPerRelay;
  let servers: FoundServer[] = [];
  await search(options, async (searches, book) => {
    const tell = (): void => {
      const claiming = book.servers.filter(
        ({ schemas }) => hash === undefined || schemas.some((claim) => claim.hash === hash),
      );
      servers = ranked(claiming, asked, limit);
      onfound?.(servers);
    };
    await Promise.all(
      searches.map(async (each) => {
        await each.find(maxServers, hash);
        await each.ask(book.pubkeys);
        tell();
      }),
    );
    // What one relay has found another may know better, or know to be withdrawn.
    await Promise.all(searches.map((each) => each.ask(book.pubkeys)));
    await Promise.all(searches.map((each) => each.check(book.servers.map(({ pubkey }) => pubkey))));
    tell();
  });
  return servers;
}
