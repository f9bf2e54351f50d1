import { type LinkTag, type NostrEvent, parseLinkTag } from '@mcp-nostr/core';
import { isBare } from '@mcp-nostr/core/contextvm';

/** Undefined for a message without one: clients whose server is slow to answer knock with those. */
export function linkOf(event: Pick<NostrEvent, 'tags'>): LinkTag | undefined {
  return isBare(event) ? undefined : parseLinkTag(event.tags);
}
