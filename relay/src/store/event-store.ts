import { isAddressable, isReplaceable, type NostrEvent, tagValue } from '@mcp-nostr/core';

import type { Filter } from '../messages/filter.ts';

/**
 * Where events are kept. It knows filters, time and its own bound; which event may replace or delete which is
 * decided by its caller. Calls are synchronous: an event is stored, or not, before anything else happens.
 */
export interface EventStore {
  readonly size: number;
  has(id: string): boolean;
  get(id: string): NostrEvent | undefined;
  /** The event at this address, see {@link addressOf}. */
  at(address: string): NostrEvent | undefined;
  /** Keeps the event, if need be in place of older ones. False when it is itself the one that has no place. */
  add(event: NostrEvent): boolean;
  remove(event: NostrEvent): void;
  /** At most `maxEvents` that match and have not expired, newest first, of the same second the lowest id first. */
  query(filter: Filter, maxEvents: number, nowSeconds: number): NostrEvent[];
  removeExpired(nowSeconds: number): void;
}

/** `kind:pubkey:d` of events of which only the newest counts (NIP-01); `d` is empty for replaceable kinds. */
export function addressOf(event: NostrEvent): string | undefined {
  if (isReplaceable(event.kind)) return `${event.kind}:${event.pubkey}:`;
  if (isAddressable(event.kind)) return `${event.kind}:${event.pubkey}:${tagValue(event, 'd') ?? ''}`;
  return undefined;
}

/** NIP-40. */
export function expiresAt(event: NostrEvent): number | undefined {
  const value = tagValue(event, 'expiration');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
