import { AddressError } from '@mcp-nostr/core';

import { oneLine } from '../terminal.ts';
import { limits } from './limits.ts';

/** What is an address already, or would be taken for one. */
const addressLike = /^(npub|nprofile|nsec|ncryptsec|naddr|nevent|note)1|^nostr$/;

/** Whether a server can be called so: small letters, digits and hyphens, as in `connect name=address`. */
export function isName(text: string): boolean {
  return /^[a-z][a-z\d-]*$/.test(text) && text.length <= limits.maxNameLength && !addressLike.test(text);
}

/** Of something that is neither an address nor known. */
export function unknownName(text: string): AddressError {
  return new AddressError(
    'bad_address',
    `not an address: ${JSON.stringify(oneLine(text, 80))}; no server has that name here (mcp-nostr alias list), and an ` +
      'address is an nprofile1…, npub1…, 64 hex characters, name@domain or a domain',
  );
}
