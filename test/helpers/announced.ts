import { DELETION_KIND, type NostrEvent, PROFILE_KIND, RELAY_LIST_KIND } from '@mcp-nostr/core';
import { type Announcement, announcementKinds, readAnnouncement } from '@mcp-nostr/core/contextvm';
import { RelayPool } from '@mcp-nostr/transport';

/** What one relay has of the announcement of a key. */
export async function storedOf(pubkey: string, relay: string): Promise<NostrEvent[]> {
  const pool = new RelayPool({ relays: [relay] });
  try {
    const kinds = [...announcementKinds, RELAY_LIST_KIND, PROFILE_KIND, DELETION_KIND];
    return await pool.query({ kinds, authors: [pubkey] });
  } finally {
    pool.close();
  }
}

/** The same, as a client reads it. */
export async function announcedOn(relay: string, pubkey: string): Promise<Announcement | undefined> {
  return readAnnouncement(pubkey, await storedOf(pubkey, relay), Math.floor(Date.now() / 1_000));
}
