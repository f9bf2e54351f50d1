import type { NostrEvent } from '@mcp-nostr/core';

import { type Filter, filterableTags, isGuarded, matchesFilter } from '../messages/filter.ts';

/** A live subscription, as far as finding it goes. */
export interface Subscription {
  readonly filters: readonly Filter[];
}

type Entries<S> = Map<Filter, S>;

/**
 * Finds the subscriptions that an event belongs to. Each filter lies under the values of one of its conditions, the
 * most selective that it has, so an event meets only filters that share a value with it.
 */
export class Dispatcher<S extends Subscription> {
  readonly #byKey = new Map<string, Entries<S>>();
  #size = 0;

  /** How many subscriptions are live. */
  get size(): number {
    return this.#size;
  }

  add(subscription: S): void {
    this.#size += 1;
    for (const filter of subscription.filters) {
      for (const key of filterKeys(filter)) {
        const entries = this.#byKey.get(key);
        if (entries === undefined) this.#byKey.set(key, new Map([[filter, subscription]]));
        else entries.set(filter, subscription);
      }
    }
  }

  remove(subscription: S): void {
    this.#size -= 1;
    for (const filter of subscription.filters) {
      for (const key of filterKeys(filter)) {
        const entries = this.#byKey.get(key);
        entries?.delete(filter);
        if (entries?.size === 0) this.#byKey.delete(key);
      }
    }
  }

  /** Each subscription with a filter that matches, once. */
  find(event: NostrEvent): Set<S> {
    const found = new Set<S>();
    for (const key of eventKeys(event)) {
      const entries = this.#byKey.get(key);
      if (entries === undefined) continue;
      for (const [filter, subscription] of entries) {
        if (matchesFilter(filter, event)) found.add(subscription);
      }
    }
    return found;
  }
}

/** Under which keys a filter is found: one condition, all of its values. */
function* filterKeys(filter: Filter): Generator<string> {
  const [letter] = filter.tags.has('p') ? ['p'] : filter.tags.keys();
  if (filter.ids !== undefined) {
    for (const id of filter.ids) yield `id:${id}`;
  } else if (letter !== undefined) {
    for (const value of filter.tags.get(letter) ?? []) yield `#${letter}:${value}`;
  } else if (filter.authors !== undefined) {
    for (const author of filter.authors) yield `author:${author}`;
  } else if (filter.kinds !== undefined) {
    for (const kind of filter.kinds) if (!isGuarded(kind)) yield `kind:${kind}`;
  } else {
    yield 'any';
  }
}

function* eventKeys(event: NostrEvent): Generator<string> {
  yield `id:${event.id}`;
  for (const [letter, values] of filterableTags(event)) {
    for (const value of values) yield `#${letter}:${value}`;
  }
  yield `author:${event.pubkey}`;
  // A filter that is found by kind or by nothing names neither recipient nor author: it may not have a guarded kind.
  if (isGuarded(event.kind)) return;
  yield `kind:${event.kind}`;
  yield 'any';
}
