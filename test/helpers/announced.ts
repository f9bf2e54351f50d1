import { DELETION_KIND, type NostrEvent, PROFILE_KIND, RELAY_LIST_KIND } from '@mcp-nostr/core';
import { type Announcement, announcementKinds, readAnnouncement } from '@mcp-nostr/core/contextvm';
import type { Announced, AnnounceOptions, ServeOptions } from '@mcp-nostr/server';
import { RelayPool } from '@mcp-nostr/transport';
import { onTestFinished } from 'vitest';

import type { Leg } from './legs.ts';
import { Recorder } from './recorder.ts';
import { World } from './world.ts';

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

export const oneRelay: Leg = { name: 'encrypted, one relay', encryption: 'required', relayCount: 1 };
export const twoRelays: Leg = { ...oneRelay, name: 'encrypted, two relays', relayCount: 2 };

/** A server that announces itself, and what relays took of it. */
export async function announced(
  announce: AnnounceOptions = {},
  { leg = oneRelay, ...more }: Partial<ServeOptions> & { leg?: Leg } = {},
) {
  const posted = new Recorder<Announced>('an announcement');
  const world = new World(leg, undefined, { serve: { announce, onannounced: posted.add, ...more } });
  onTestFinished(() => world.close());
  await world.open();
  const [relay = ''] = world.relayUrls;
  return { world, posted, relay, ...world.served };
}

export function kindsOf(events: readonly NostrEvent[]): number[] {
  return events.map(({ kind }) => kind).sort((a, b) => a - b);
}
