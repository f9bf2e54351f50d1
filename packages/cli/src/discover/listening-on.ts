import { findRelays } from '@mcp-nostr/client';
import type { FoundServer } from '@mcp-nostr/client/discovery';

import type { ResolvedServer } from '../address-book/resolve-address.ts';
import { relaysFromEnvironment } from '../relay-options.ts';

/**
 * Where a server is asked: on the relays that were given or that its address names; a bare key on those of its relay
 * list, else where it has announced itself.
 * @throws {TransportError} `no_relays`
 */
export async function listeningOn(
  server: ResolvedServer,
  given: string[] | undefined,
  announced: Promise<FoundServer | undefined>,
): Promise<string[]> {
  if (server.relays.length > 0) return given ?? server.relays;
  const announcement = await announced;
  if (announcement === undefined) return findRelays(server, given ?? relaysFromEnvironment());
  return announcement.relays.length > 0 ? announcement.relays : announcement.foundOn;
}
