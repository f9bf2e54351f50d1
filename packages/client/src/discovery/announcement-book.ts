import {
  DELETION_KIND,
  formatAddress,
  limits as wire,
  type NostrEvent,
  PROFILE_KIND,
  RELAY_LIST_KIND,
  verifyEvent,
} from '@mcp-nostr/core';
import { type Announcement, announcementKinds, readAnnouncement } from '@mcp-nostr/core/contextvm';

import { discoveryLimits } from './limits.ts';
import { isLocalRelay } from './local-relay.ts';

/** A server that was found, with what it says of itself. All of it is a stranger's text. */
export interface FoundServer extends Announcement {
  /** An nprofile with the relays that it names, else those that it was found on. */
  address: string;
  /** The relays that have the announcement. */
  foundOn: string[];
}

/** What is known of one key. */
interface Entry {
  readonly newest: Map<number, NostrEvent>;
  readonly deletions: Map<string, NostrEvent>;
  readonly foundOn: Set<string>;
  server: FoundServer | undefined;
  isRead: boolean;
}

const KINDS: ReadonlySet<number> = new Set([...announcementKinds, RELAY_LIST_KIND, PROFILE_KIND]);

/** Events of several relays, verified and put together by key: the newest of each kind, and what takes them back. */
export class AnnouncementBook {
  readonly #entries: Map<string, Entry> = new Map();
  readonly #areLocal: boolean;
  readonly #nowSeconds: () => number;

  /** `relays`: where is looked. Only who looks on relays of this machine or its network is led to others there. */
  constructor(relays: readonly string[], nowSeconds: () => number) {
    this.#areLocal = relays.some(isLocalRelay);
    this.#nowSeconds = nowSeconds;
  }

  get pubkeys(): string[] {
    return [...this.#entries.keys()];
  }

  /** Takes an event as a relay has sent it; the cheapest check comes first. Returns whether it counts. */
  add(event: NostrEvent, relay: string): boolean {
    const { kind, pubkey, created_at } = event;
    if (created_at > this.#nowSeconds() + wire.subscriptionLookbackSeconds) return false;
    const entry = this.#entries.get(pubkey) ?? newEntry();
    const isAdded =
      kind === DELETION_KIND ? addDeletion(entry, event) : KINDS.has(kind) && addNewest(entry, event);
    if (!isAdded) return false;
    if (kind !== DELETION_KIND) entry.foundOn.add(relay);
    entry.isRead = false;
    this.#entries.set(pubkey, entry);
    return true;
  }

  /** The events that make a server of this key: what a deletion may name. */
  idsOf(pubkey: string): string[] {
    return [...(this.#entries.get(pubkey)?.newest.values() ?? [])].map(({ id }) => id);
  }

  /** Undefined where the key announces no server any more. */
  server(pubkey: string): FoundServer | undefined {
    const entry = this.#entries.get(pubkey);
    if (entry === undefined) return undefined;
    if (!entry.isRead) entry.server = this.#read(pubkey, entry);
    entry.isRead = true;
    return entry.server;
  }

  get servers(): FoundServer[] {
    return this.pubkeys.flatMap((pubkey) => this.server(pubkey) ?? []);
  }

  #read(pubkey: string, { newest, deletions, foundOn }: Entry): FoundServer | undefined {
    const events = [...newest.values(), ...deletions.values()];
    const announcement = readAnnouncement(pubkey, events, this.#nowSeconds());
    // Lists alone are what a withdrawal has left behind.
    if (announcement?.initialize === undefined) return undefined;
    const where = [...foundOn];
    const named = announcement.relays.filter((url) => this.#areLocal || !isLocalRelay(url));
    const relays = (named.length > 0 ? named : where).slice(0, discoveryLimits.maxAddressRelays);
    return { ...announcement, relays: named, address: formatAddress({ pubkey, relays }), foundOn: where };
  }
}

function newEntry(): Entry {
  return { newest: new Map(), deletions: new Map(), foundOn: new Set(), server: undefined, isRead: false };
}

/** What is older counts no more, and what another relay has brought was verified then. */
function addNewest({ newest }: Entry, event: NostrEvent): boolean {
  const known = newest.get(event.kind);
  if (known !== undefined && isSame(known, event)) return true;
  if ((known !== undefined && !isNewer(event, known)) || !verifyEvent(event)) return false;
  newest.set(event.kind, event);
  return true;
}

function addDeletion({ deletions }: Entry, event: NostrEvent): boolean {
  if (deletions.has(event.id)) return false;
  const oldest = deletions.size < discoveryLimits.maxDeletions ? undefined : oldestOf(deletions.values());
  if ((oldest !== undefined && !isNewer(event, oldest)) || !verifyEvent(event)) return false;
  if (oldest !== undefined) deletions.delete(oldest.id);
  deletions.set(event.id, event);
  return true;
}

function oldestOf(events: Iterable<NostrEvent>): NostrEvent | undefined {
  return [...events].sort((a, b) => a.created_at - b.created_at)[0];
}

function isSame(known: NostrEvent, event: NostrEvent): boolean {
  return known.id === event.id && known.sig === event.sig && known.content === event.content;
}

/** NIP-01: of two of the same second the one with the lower id stays. */
function isNewer(event: NostrEvent, other: NostrEvent): boolean {
  return (
    event.created_at > other.created_at || (event.created_at === other.created_at && event.id < other.id)
  );
}
