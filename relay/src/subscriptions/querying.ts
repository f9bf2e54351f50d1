import type { NostrEvent } from '@mcp-nostr/core';

import type { Filter } from '../messages/filter.ts';
import type { RelayLimits } from '../limits.ts';
import type { EventStore } from '../store/event-store.ts';
import { newestFirst } from '../store/sorted-events.ts';

/** The stored events that a REQ gets: for each filter up to its `limit`, each event once, newest first. */
export function queryStored(
  store: EventStore,
  filters: readonly Filter[],
  limits: RelayLimits,
  nowSeconds: number,
): NostrEvent[] {
  const found = new Set<NostrEvent>();
  for (const filter of filters) {
    const maxEvents = Math.min(filter.limit ?? limits.defaultLimit, limits.maxLimit);
    for (const event of store.query(filter, maxEvents, nowSeconds)) found.add(event);
  }
  return [...found].sort(newestFirst);
}
