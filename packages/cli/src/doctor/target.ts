import { type Address, AddressError, parseAddress, parseRelayUrl } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';
import { type HostName, hostNames, isHostName } from './host-configs.ts';

/** What is to be looked at besides this machine. */
export type Target =
  | { kind: 'machine' }
  | { kind: 'relay'; url: string }
  | { kind: 'host'; host: HostName }
  | AddressTarget;

export interface AddressTarget {
  kind: 'address';
  text: string;
  address: Address;
}

/** @throws {AddressError} @throws {CliError} */
export function parseTarget(text: string | undefined): Target {
  if (text === undefined) return { kind: 'machine' };
  if (isHostName(text)) return { kind: 'host', host: text };
  if (/^wss?:\/\//i.test(text)) return { kind: 'relay', url: parseRelayUrl(text) };
  try {
    return { kind: 'address', text, address: parseAddress(text) };
  } catch (error) {
    if (!(error instanceof AddressError) || error.code !== 'bad_address') throw error;
    throw usageError(
      `neither an address, a relay nor a host: ${JSON.stringify(text.slice(0, 80))}`,
      `an address is an nprofile, npub or hex, a relay starts with wss:// or ws://, a host is one of ${hostNames.join(', ')}`,
    );
  }
}
