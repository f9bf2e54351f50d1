import { formatNpub, parseAddress } from '@mcp-nostr/core';

import { lookUpNip05, parseNip05, shownNip05 } from '../address-book/nip05.ts';

/** Somebody who calls, or may not. */
export interface CallerKey {
  pubkey: string;
  npub: string;
  /** A name that was verified just now. */
  name?: string;
}

/** A key in any spelling. @throws {AddressError} @throws {CliError} when a domain names no such key */
export async function callerKey(text: string): Promise<CallerKey> {
  const nip05 = text.includes('@') ? parseNip05(text) : undefined;
  if (nip05 === undefined) {
    const { pubkey } = parseAddress(text);
    return { pubkey, npub: formatNpub(pubkey) };
  }
  // The key that it has now is what is allowed: whom the name leads to later is not.
  const { pubkey } = await lookUpNip05(nip05);
  return { pubkey, npub: formatNpub(pubkey), name: shownNip05(nip05) };
}
