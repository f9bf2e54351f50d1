import { defaultLookupRelays } from '@mcp-nostr/client';

import { relaysFromEnvironment } from '../relay-options.ts';

/** The relays on which announcements are looked for: where relay lists are looked up too. */
export function whereToLook(given: readonly string[] | undefined): string[] {
  return [...(given ?? relaysFromEnvironment() ?? defaultLookupRelays)];
}
