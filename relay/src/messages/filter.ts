import {
  EPHEMERAL_GIFT_WRAP_KIND,
  GIFT_WRAP_KIND,
  isHex32,
  isRecord,
  MESSAGE_KIND,
  type NostrEvent,
} from '@mcp-nostr/core';

import type { RelayLimits } from '../limits.ts';
import type { Reason } from './relay-messages.ts';

/** A filter of NIP-01, parsed: conditions that are absent hold for every event, an empty list for none. */
export interface Filter {
  readonly ids?: ReadonlySet<string>;
  readonly authors?: ReadonlySet<string>;
  readonly kinds?: ReadonlySet<number>;
  /** The values of `#p` under `p`, and so on. */
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>;
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
}

const LETTER = /^[a-zA-Z]$/;
/** NIP-01: these tags carry ids and keys, and filters for them take whole ones only. */
const HEX_TAGS = new Set(['e', 'p']);
/** What passes between MCP peers. Who is addressed, and when, is nobody else's to collect. */
const GUARDED_KINDS = new Set([GIFT_WRAP_KIND, EPHEMERAL_GIFT_WRAP_KIND, MESSAGE_KIND]);

/** Whether events of this kind go only to filters that name the recipient, the author or the event. */
export function isGuarded(kind: number): boolean {
  return GUARDED_KINDS.has(kind);
}

/** The filter, or the reason why it is none that this relay serves. */
export function parseFilter(value: unknown, limits: RelayLimits): Filter | Reason {
  if (!isRecord(value)) return 'invalid: a filter is an object';
  const parsed: { -readonly [K in keyof Filter]: Filter[K] } = { tags: new Map() };
  const tags = new Map<string, ReadonlySet<string>>();
  for (const [key, item] of Object.entries(value)) {
    if (key === 'since' || key === 'until' || key === 'limit') {
      if (typeof item !== 'number' || !Number.isSafeInteger(item) || item < 0) {
        return `invalid: ${key} is not a whole number from 0`;
      }
      parsed[key] = item;
    } else if (key === 'kinds') {
      if (!isKinds(item)) return 'invalid: kinds is not a list of whole numbers from 0 to 65535';
      parsed.kinds = new Set(item);
    } else if (key === 'ids' || key === 'authors') {
      if (!isStrings(item) || !item.every(isHex32)) return notHex(key);
      parsed[key] = new Set(item);
    } else if (key.startsWith('#') && LETTER.test(key.slice(1))) {
      if (!isStrings(item)) return `invalid: ${key} is not a list of strings`;
      if (HEX_TAGS.has(key.slice(1)) && !item.every(isHex32)) return notHex(key);
      tags.set(key.slice(1), new Set(item));
    } else {
      // Left out of account, an unknown condition would return more than was asked for.
      return `unsupported: this relay has no filter ${JSON.stringify(key.slice(0, 32))}`;
    }
  }
  parsed.tags = tags;
  if (countValues(parsed) > limits.maxFilterValues) {
    return `invalid: a filter has at most ${limits.maxFilterValues} values`;
  }
  return parsed;
}

/** How many values the lists of a filter hold: its cost in the index. */
export function countValues(filter: Filter): number {
  let count = (filter.ids?.size ?? 0) + (filter.authors?.size ?? 0) + (filter.kinds?.size ?? 0);
  for (const values of filter.tags.values()) count += values.size;
  return count;
}

/** Whether the event is one that the filter asks for and may have. `limit` says nothing about a single event. */
export function matchesFilter(filter: Filter, event: NostrEvent): boolean {
  if (filter.kinds !== undefined && !filter.kinds.has(event.kind)) return false;
  if (filter.since !== undefined && event.created_at < filter.since) return false;
  if (filter.until !== undefined && event.created_at > filter.until) return false;
  if (filter.authors !== undefined && !filter.authors.has(event.pubkey)) return false;
  if (filter.ids !== undefined && !filter.ids.has(event.id)) return false;
  for (const [letter, values] of filter.tags) {
    if (!event.tags.some(([name, value]) => name === letter && value !== undefined && values.has(value))) {
      return false;
    }
  }
  return !isGuarded(event.kind) || isScoped(filter);
}

/** The single-letter tags with a value, each once: what filters can ask for. NIP-01: only the first value counts. */
export function filterableTags(event: Pick<NostrEvent, 'tags'>): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [name, value] of event.tags) {
    if (name === undefined || value === undefined || !LETTER.test(name)) continue;
    const values = found.get(name);
    if (values === undefined) found.set(name, new Set([value]));
    else values.add(value);
  }
  return found;
}

function isScoped(filter: Filter): boolean {
  return filter.ids !== undefined || filter.authors !== undefined || filter.tags.has('p');
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isKinds(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((kind) => Number.isInteger(kind) && kind >= 0 && kind <= 65_535);
}

function notHex(key: string): Reason {
  return `invalid: ${key} is not a list of whole ids or keys, 64 lower-case hex characters each`;
}
