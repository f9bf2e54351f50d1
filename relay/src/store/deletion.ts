import { GIFT_WRAP_KIND, isHex32, type NostrEvent } from '@mcp-nostr/core';

import type { Filter } from '../messages/filter.ts';
import { addressOf, type EventStore } from './event-store.ts';

/** A request to delete (NIP-09). */
export const DELETION_KIND = 5;

/** Removes what the request names and its author may delete. The request itself is the caller's to store. */
export function applyDeletion(store: EventStore, deletion: NostrEvent): void {
  for (const [name, value] of deletion.tags) {
    if (value === undefined) continue;
    if (name === 'e') {
      const target = store.get(value);
      if (target !== undefined && mayDelete(deletion.pubkey, target)) store.remove(target);
    }
    if (name === 'a') {
      const target = store.at(value);
      // NIP-09: versions up to the time of the request; a newer one is a new beginning.
      if (target?.pubkey === deletion.pubkey && target.created_at <= deletion.created_at)
        store.remove(target);
    }
  }
}

/** Whether a request that is stored forbids this event. NIP-09: a deletion request cannot be deleted. */
export function isDeleted(store: EventStore, event: NostrEvent, nowSeconds: number): boolean {
  if (event.kind === DELETION_KIND) return false;
  const byId = deletionsBy(authorities(event), 'e', event.id);
  if (store.query(byId, 1, nowSeconds).length > 0) return true;
  const address = addressOf(event);
  if (address === undefined) return false;
  const byAddress = { ...deletionsBy([event.pubkey], 'a', address), since: event.created_at };
  return store.query(byAddress, 1, nowSeconds).length > 0;
}

function deletionsBy(authors: string[], letter: string, value: string): Filter {
  return {
    authors: new Set(authors),
    kinds: new Set([DELETION_KIND]),
    tags: new Map([[letter, new Set([value])]]),
  };
}

function mayDelete(pubkey: string, target: NostrEvent): boolean {
  return target.kind !== DELETION_KIND && authorities(target).includes(pubkey);
}

/** NIP-59: the key of a wrap is thrown away, so it is the recipient who may have it deleted. */
function authorities(event: NostrEvent): string[] {
  if (event.kind !== GIFT_WRAP_KIND) return [event.pubkey];
  const recipients = event.tags.flatMap(([name, value]) =>
    name === 'p' && value !== undefined ? [value] : [],
  );
  return [event.pubkey, ...recipients.filter(isHex32)];
}
