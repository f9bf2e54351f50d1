import {
  ANNOUNCEMENT_KIND,
  DELETION_KIND,
  limits as wire,
  type NostrEvent,
  PROFILE_KIND,
  RELAY_LIST_KIND,
  TOOLS_KIND,
} from '@mcp-nostr/core';
import { announcementKinds } from '@mcp-nostr/core/contextvm';
import { type Filter, type ReadOptions, RelayError, RelayReader } from '@mcp-nostr/transport';

import type { AnnouncementBook } from './announcement-book.ts';
import { discoveryLimits as limits } from './limits.ts';

export interface RelaySearchOptions {
  book: AnnouncementBook;
  nowSeconds: () => number;
  /** For each question. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** What one relay has to say about servers. */
export class RelaySearch {
  readonly #options: RelaySearchOptions;
  readonly #reader: RelayReader;
  readonly #asked: Set<string> = new Set();
  /** Why it says nothing, or no more. */
  failure: RelayError | undefined;
  /** It has said something. */
  hasAnswered = false;

  constructor(reader: RelayReader, options: RelaySearchOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  get url(): string {
    return this.#reader.url;
  }

  /** Reads who announces a server, the newest first, up to so many; with a schema those alone that claim it. */
  find(maxServers: number, schema?: string): Promise<void> {
    const filter =
      schema === undefined ? { kinds: [ANNOUNCEMENT_KIND] } : { kinds: [TOOLS_KIND], '#i': [schema] };
    return this.#inTime((how) => this.#turnPages(filter, maxServers, how));
  }

  /** Reads what these keys announce. Each is asked about once. */
  ask(pubkeys: readonly string[]): Promise<void> {
    const fresh = pubkeys.filter((pubkey) => !this.#asked.has(pubkey));
    for (const pubkey of fresh) this.#asked.add(pubkey);
    const kinds = [...announcementKinds, RELAY_LIST_KIND, PROFILE_KIND];
    return this.#inParts(fresh, (authors) => [{ kinds, authors }]);
  }

  /** Reads whether these keys have taken back what is known of them by now. */
  check(pubkeys: readonly string[]): Promise<void> {
    const { book } = this.#options;
    return this.#inParts(pubkeys, (authors) => {
      const deletions = { kinds: [DELETION_KIND], authors };
      return [
        { ...deletions, '#a': authors.map((author) => `${ANNOUNCEMENT_KIND}:${author}:`) },
        { ...deletions, '#e': authors.flatMap((author) => book.idsOf(author)) },
      ];
    });
  }

  close(): void {
    this.#reader.close();
  }

  /** NIP-01 has no other way to more than a relay's own limit: from the oldest that it gave backwards. */
  async #turnPages(filter: Filter, maxServers: number, how: ReadOptions): Promise<void> {
    const found = new Set<string>();
    const seen = new Set<string>();
    let until = this.#options.nowSeconds() + wire.subscriptionLookbackSeconds;
    for (let page = 0; page < limits.maxPages && found.size < maxServers; page++) {
      const limit = Math.min(limits.pageEvents, maxServers);
      const events = await this.#read([{ ...filter, until, limit }], how);
      const fresh = events.filter(({ id }) => !seen.has(id));
      // As many of one second as a page holds: what lies behind them is found only by going past them.
      if (fresh.length === 0 && events.length < limit) return;
      for (const { id } of fresh) seen.add(id);
      const asked = fresh
        .filter(({ kind }) => filter.kinds?.includes(kind) === true)
        .slice(0, maxServers - found.size);
      for (const { pubkey } of this.#take(asked)) found.add(pubkey);
      const oldest = Math.min(until, ...fresh.map(({ created_at }) => created_at));
      until = fresh.length === 0 ? until - 1 : oldest;
    }
  }

  #inParts(pubkeys: readonly string[], filters: (authors: string[]) => Filter[]): Promise<void> {
    const { detailsAtOnce } = limits;
    return this.#inTime(async (how) => {
      for (let start = 0; start < pubkeys.length; start += detailsAtOnce)
        this.#take(await this.#read(filters(pubkeys.slice(start, start + detailsAtOnce)), how));
    });
  }

  async #read(filters: Filter[], how: ReadOptions): Promise<NostrEvent[]> {
    const events = await this.#reader.read(filters, how);
    this.hasAnswered = true;
    return events;
  }

  /** Returns those that count. */
  #take(events: readonly NostrEvent[]): NostrEvent[] {
    return events.filter((event) => this.#options.book.add(event, this.url));
  }

  /** Never rejects: what one relay has failed to say others may. */
  async #inTime(work: (how: ReadOptions) => Promise<void>): Promise<void> {
    if (this.failure !== undefined) return;
    const { timeoutMs, signal } = this.#options;
    const aborter = new AbortController();
    const abort = (): void => aborter.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    try {
      await work({ maxEvents: limits.maxDetails, signal: aborter.signal });
    } catch (error) {
      this.failure = error instanceof RelayError ? error : new RelayError('error', this.url, String(error));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }
}
