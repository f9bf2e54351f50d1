import type { SeenIds } from '@mcp-nostr/server';

/** What a program that serves keeps on disk of what it has executed: it goes from one server to the next. */
export class KeptIds implements SeenIds {
  readonly completeSince = 0;
  readonly #ids: Set<string> = new Set();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): boolean {
    return this.#ids.add(id).has(id);
  }
}
