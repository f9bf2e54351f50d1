import { ANNOUNCEMENT_KIND } from '@mcp-nostr/core';
import type { Endpoint } from '@mcp-nostr/transport';

import { bareClientLimits as limits } from './limits.ts';

/** Whether a server, with a link or without, announces itself on the relays in use and says nothing there of encryption. */
export async function speaksPlainTextOnly(endpoint: Endpoint, pubkey: string): Promise<boolean> {
  const filter = { kinds: [ANNOUNCEMENT_KIND], authors: [pubkey], limit: 1 };
  const found = await endpoint.query(filter, limits.lookupTimeoutMs);
  const newest = found.sort((a, b) => b.created_at - a.created_at)[0];
  // Older servers have written a value behind it.
  return newest !== undefined && !newest.tags.some(([name]) => name === 'support_encryption');
}

/** Why such a server is not spoken to. */
export function plainTextOnly(server: string): string {
  return `${server} speaks plain text only, as it announces: it can be used with encryption 'none'`;
}
