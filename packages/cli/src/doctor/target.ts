import { AddressError, parseRelayUrl } from '@mcp-nostr/core';

import { resolveAddress, type ResolvedServer } from '../address-book/resolve-address.ts';
import { usageError } from '../errors.ts';
import { clientNames } from '../install/client-option.ts';
import { type Host, hosts } from '../install/hosts.ts';

/** What is to be looked at besides this machine. */
export type Target =
  | { kind: 'machine' }
  | { kind: 'relay'; url: string }
  | { kind: 'host'; host: Host }
  | AddressTarget;

export interface AddressTarget {
  kind: 'address';
  server: ResolvedServer;
}

/** @throws {AddressError} @throws {CliError} */
export async function findTarget(text: string | undefined): Promise<Target> {
  if (text === undefined) return { kind: 'machine' };
  const host = hosts.find(({ id }) => id === text);
  if (host !== undefined) return { kind: 'host', host };
  if (/^wss?:\/\//i.test(text)) return { kind: 'relay', url: parseRelayUrl(text) };
  try {
    return { kind: 'address', server: await resolveAddress(text, { verify: 'later' }) };
  } catch (error) {
    if (!(error instanceof AddressError) || error.code !== 'bad_address') throw error;
    throw usageError(
      `neither an address, a known name, a relay nor a host: ${JSON.stringify(text.slice(0, 80))}`,
      `an address is an nprofile, npub, hex or name@domain, mcp-nostr alias list shows the names, a relay starts with wss:// or ws://, a host is one of ${clientNames}`,
    );
  }
}
