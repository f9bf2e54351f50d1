import type { NostrEvent } from '@mcp-nostr/core';

import { type Filter, filterableTags, matchesFilter } from '../messages/filter.ts';
import type { RelayLimits } from '../limits.ts';
import { DELETION_KIND } from './deletion.ts';
import { addressOf, type EventStore, expiresAt } from './event-store.ts';
import { newestFirst, SortedEvents } from './sorted-events.ts';

/** What a place in an index costs beside the event: a key, an entry and a slot of an array. */
const INDEX_ENTRY_BYTES = 256;
const EVERYTHING = 'any';
const REGULAR = 'regular';

interface Kept {
  readonly event: NostrEvent;
  readonly keys: readonly string[];
  readonly bytes: number;
}

/** An {@link EventStore} that is gone with the process. */
export class MemoryStore implements EventStore {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #byId = new Map<string, Kept>();
  readonly #byAddress = new Map<string, NostrEvent>();
  readonly #byKey = new Map<string, SortedEvents>();
  readonly #expiring = new Map<string, number>();
  #bytes = 0;

  constructor(limits: Pick<RelayLimits, 'maxStoredEvents' | 'maxStoredBytes'>) {
    this.#maxEvents = limits.maxStoredEvents;
    this.#maxBytes = limits.maxStoredBytes;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get(id: string): NostrEvent | undefined {
    return this.#byId.get(id)?.event;
  }

  at(address: string): NostrEvent | undefined {
    return this.#byAddress.get(address);
  }

  add(event: NostrEvent): boolean {
    if (this.#byId.has(event.id)) return true;
    const keys = [...indexKeys(event)];
    const bytes = Buffer.byteLength(JSON.stringify(event)) + keys.length * INDEX_ENTRY_BYTES;
    this.#byId.set(event.id, { event, keys, bytes });
    this.#bytes += bytes;
    for (const key of keys) this.#sorted(key).insert(event);
    const address = addressOf(event);
    if (address !== undefined) this.#byAddress.set(address, event);
    const expiration = expiresAt(event);
    if (expiration !== undefined) this.#expiring.set(event.id, expiration);
    this.#evict();
    return this.#byId.has(event.id);
  }

  remove(event: NostrEvent): void {
    const kept = this.#byId.get(event.id);
    if (kept === undefined) return;
    this.#byId.delete(event.id);
    this.#bytes -= kept.bytes;
    for (const key of kept.keys) {
      const events = this.#byKey.get(key);
      events?.remove(kept.event);
      if (events?.size === 0) this.#byKey.delete(key);
    }
    const address = addressOf(event);
    if (address !== undefined && this.#byAddress.get(address)?.id === event.id)
      this.#byAddress.delete(address);
    this.#expiring.delete(event.id);
  }

  query(filter: Filter, maxEvents: number, nowSeconds: number): NostrEvent[] {
    const found = new Set<NostrEvent>();
    const wanted = (event: NostrEvent): boolean =>
      matchesFilter(filter, event) && (this.#expiring.get(event.id) ?? Infinity) > nowSeconds;
    for (const events of this.#candidates(filter)) {
      let fromHere = 0;
      for (const event of events) {
        if (fromHere >= maxEvents) break;
        if (!wanted(event)) continue;
        found.add(event);
        fromHere += 1;
      }
    }
    return [...found].sort(newestFirst).slice(0, maxEvents);
  }

  removeExpired(nowSeconds: number): void {
    for (const [id, expiration] of this.#expiring) {
      const event = expiration <= nowSeconds ? this.get(id) : undefined;
      if (event !== undefined) this.remove(event);
    }
  }

  /** Lists, each newest first, that hold together every event that can match: the shortest that there are. */
  *#candidates(filter: Filter): Generator<Iterable<NostrEvent>> {
    if (filter.ids !== undefined) {
      const events = [...filter.ids].flatMap((id) => this.get(id) ?? []);
      yield events.sort(newestFirst);
      return;
    }
    let best: { lists: SortedEvents[]; total: number } | undefined;
    for (const keys of conditions(filter)) {
      const lists = keys.flatMap((key) => this.#byKey.get(key) ?? []);
      const total = lists.reduce((sum, list) => sum + list.size, 0);
      if (best === undefined || total < best.total) best = { lists, total };
    }
    for (const list of best?.lists ?? []) yield list.between(filter.since ?? 0, filter.until ?? Infinity);
  }

  /** Regular events go first, the oldest of them before the others: what is replaceable says what holds now. */
  #evict(): void {
    while (this.#byId.size > this.#maxEvents || this.#bytes > this.#maxBytes) {
      const oldest = (this.#byKey.get(REGULAR) ?? this.#byKey.get(EVERYTHING))?.oldest;
      if (oldest === undefined) return;
      this.remove(oldest);
    }
  }

  #sorted(key: string): SortedEvents {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const events = new SortedEvents();
    this.#byKey.set(key, events);
    return events;
  }
}

function* indexKeys(event: NostrEvent): Generator<string> {
  yield EVERYTHING;
  yield `kind:${event.kind}`;
  yield `author:${event.pubkey}`;
  yield `${event.kind}:${event.pubkey}`;
  for (const [letter, values] of filterableTags(event)) {
    for (const value of values) yield `#${letter}:${value}`;
  }
  if (addressOf(event) === undefined && event.kind !== DELETION_KIND) yield REGULAR;
}

/** For each condition of the filter the keys under which everything lies that satisfies it. */
function* conditions(filter: Filter): Generator<string[]> {
  const { authors, kinds, tags } = filter;
  for (const [letter, values] of tags) yield [...values].map((value) => `#${letter}:${value}`);
  // Many kinds of many authors are more look-ups than they save.
  if (authors !== undefined && kinds !== undefined && authors.size * kinds.size <= 2000) {
    yield [...authors].flatMap((author) => [...kinds].map((kind) => `${kind}:${author}`));
  }
  if (authors !== undefined) yield [...authors].map((author) => `author:${author}`);
  if (kinds !== undefined) yield [...kinds].map((kind) => `kind:${kind}`);
  yield [EVERYTHING];
}
