import { startRelay } from '@mcp-nostr/relay';

import { working } from './role.ts';

const relay = await startRelay();
working(relay.url, {
  // Every EVENT message falls under exactly one of these.
  eventsTaken: async () => {
    const { accepted, duplicates, muted, refused } = relay.stats();
    return accepted + duplicates + muted + refused;
  },
});
