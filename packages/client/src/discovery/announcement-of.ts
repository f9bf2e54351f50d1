import { parseAddress } from '@mcp-nostr/core';

import { defaultLookupRelays } from '../relay-lookup.ts';
import type { FoundServer } from './announcement-book.ts';
import { search, type SearchOptions } from './search.ts';

export interface AnnouncementOfOptions extends Omit<SearchOptions, 'relays'> {
  /** Where to look. @default the relays of the address, else `defaultLookupRelays` */
  relays?: readonly string[] | undefined;
}

/**
 * What one server has announced. Undefined where it announces nothing, or has withdrawn it.
 * @throws {AddressError} when the address or a relay's URL cannot be used
 * @throws {TransportError} `relays_unreachable` when no relay has answered
 */
export async function announcementOf(
  server: string,
  options: AnnouncementOfOptions = {},
): Promise<FoundServer | undefined> {
  const { pubkey, relays: hints } = parseAddress(server);
  const relays = options.relays ?? (hints.length > 0 ? hints : defaultLookupRelays);
  let found: FoundServer | undefined;
  await search({ ...options, relays }, async (searches, book) => {
    await Promise.all(searches.map((each) => each.ask([pubkey])));
    await Promise.all(searches.map((each) => each.check(book.pubkeys)));
    found = book.server(pubkey);
  });
  return found;
}
