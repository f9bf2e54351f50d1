import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseAddress } from '@mcp-nostr/core';

import { ourFolder } from '../folders.ts';
import { replaceFile } from '../write-file.ts';

/** The address under which a server was served last: an invite that is drawn elsewhere has the same relays in it. */
function addressPath(pubkey: string): string {
  return join(ourFolder('state'), 'served', `${pubkey}.address`);
}

export async function keepServedAddress(pubkey: string, address: string): Promise<void> {
  await replaceFile(addressPath(pubkey), `${address}\n`);
}

/** Undefined when it was never served, or nobody knows where. */
export async function servedRelays(pubkey: string): Promise<string[] | undefined> {
  try {
    const address = parseAddress((await readFile(addressPath(pubkey), 'utf8')).trim());
    return address.pubkey === pubkey && address.relays.length > 0 ? address.relays : undefined;
  } catch {
    return undefined;
  }
}
