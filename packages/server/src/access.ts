import { parseAddress } from '@mcp-nostr/core';

/** Who may call: everybody, or the keys listed as npub, nprofile or hex. */
export type Access = 'public' | readonly string[];

/** @throws {AddressError} for an entry that is no key */
export function accessCheck(allow: Access): (pubkey: string) => boolean {
  if (allow === 'public') return () => true;
  const keys = new Set(allow.map((text) => parseAddress(text).pubkey));
  return (pubkey) => keys.has(pubkey);
}
