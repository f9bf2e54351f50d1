import { type Address, formatNpub, readRelayList, RELAY_LIST_KIND } from '@mcp-nostr/core';
import { RelayPool, type RelayPoolOptions, TransportError } from '@mcp-nostr/transport';

import { limits } from './limits.ts';

/** A few public relays: where relay lists (kind 10002) are commonly found, and where a server may listen. */
export const defaultLookupRelays: readonly string[] = [
  'wss://relay.damus.io',
  'wss://nos.lol',
  'wss://relay.primal.net',
];

export interface FindRelaysOptions extends Omit<RelayPoolOptions, 'relays'> {
  /** Asked where no lookup relays are named, and never taken for the server's own. @default a few public relays */
  defaults?: readonly string[] | undefined;
}

/**
 * The relays on which a server listens: its newest relay list (NIP-65), read where `lookupRelays` say. Where none is
 * found the lookup relays themselves are the best guess, if the caller named them.
 * @throws {TransportError} `no_relays`
 */
export async function findRelays(
  address: Address,
  lookupRelays: readonly string[] | undefined,
  options: FindRelaysOptions = {},
): Promise<string[]> {
  const asked = [...(lookupRelays ?? options.defaults ?? defaultLookupRelays)];
  const pool = new RelayPool({ ...options, relays: asked });
  try {
    const events = await pool.query(
      { kinds: [RELAY_LIST_KIND], authors: [address.pubkey], limit: 1 },
      limits.lookupTimeoutMs,
    );
    const newest = events.sort((a, b) => b.created_at - a.created_at || a.id.localeCompare(b.id))[0];
    const relays = newest === undefined ? [] : readRelays(newest.tags);
    if (relays.length > 0) return relays;
    if (lookupRelays !== undefined) return asked.slice(0, limits.maxRelays);
    throw new TransportError(
      'no_relays',
      `no relay list of ${formatNpub(address.pubkey)} found on ${asked.join(', ')}; ` +
        `use the server's nprofile, which names its relays, or name a relay`,
      { data: { lookupRelays: asked } },
    );
  } finally {
    pool.close();
  }
}

/** No more of them than a client keeps open. */
export function readRelays(tags: string[][]): string[] {
  return readRelayList(tags).slice(0, limits.maxRelays);
}
