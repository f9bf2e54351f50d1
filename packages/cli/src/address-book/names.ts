import { AddressError } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';
import { oneLine } from '../terminal.ts';
import { limits } from './limits.ts';

/** What is an address already, or would be taken for one. */
const addressLike = /^(npub|nprofile|nsec|ncryptsec|naddr|nevent|note)1|^nostr$/;

/** Whether a server can be called so: small letters, digits and hyphens, as in `connect name=address`. */
export function isName(text: string): boolean {
  return /^[a-z][a-z\d-]*$/.test(text) && text.length <= limits.maxNameLength && !addressLike.test(text);
}

/** @throws {CliError} `usage` */
export function checkName(text: string): void {
  if (isName(text)) return;
  throw usageError(
    `${JSON.stringify(oneLine(text, 80))} cannot be the name of a server`,
    `a name has small letters, digits and hyphens, begins with a letter, and has ${limits.maxNameLength} characters at most`,
  );
}

/** Of something that is neither an address nor known. */
export function unknownName(text: string): AddressError {
  return new AddressError(
    'bad_address',
    `no server is called ${JSON.stringify(oneLine(text, 80))} here, and an address is an nprofile1…, npub1…, ` +
      '64 hex characters, name@domain or a domain; mcp-nostr alias list shows the names',
  );
}
