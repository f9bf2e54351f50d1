import { supportTags } from '@mcp-nostr/core/contextvm';

/**
 * What a client says that it can do, to servers that know no link. They learn it from any message, and a server that was
 * started again, or has forgotten us, from the next one only.
 */
export function ownSupportTags(isEncrypted: boolean): string[][] {
  const support = { encryption: isEncrypted, ephemeral: isEncrypted, oversized: true, openStream: true };
  return supportTags(support);
}
