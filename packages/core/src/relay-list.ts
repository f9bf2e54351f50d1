import { parseRelayUrl } from './address.ts';
import type { EventTemplate } from './event.ts';
import { RELAY_LIST_KIND } from './kinds.ts';

/** Where a key can be reached (NIP-65); `createdAt` in seconds. A server reads and writes on all of its relays. */
export function relayListTemplate(relays: readonly string[], createdAt: number): EventTemplate {
  return { kind: RELAY_LIST_KIND, created_at: createdAt, tags: relays.map((url) => ['r', url]), content: '' };
}

/** A key is reached where it reads; an entry without a marker is for both directions. What is no URL is left out. */
export function readRelayList(tags: string[][]): string[] {
  const urls = tags.flatMap(([name, url, marker]) => {
    if (name !== 'r' || url === undefined || (marker && marker !== 'read')) return [];
    try {
      return [parseRelayUrl(url)];
    } catch {
      return [];
    }
  });
  return [...new Set(urls)];
}
