import { isDiscoverResult, isInitializeResult, type JsonRpcRequest } from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { Catalogue, Fields } from './catalogue.ts';
import type { ListMethod } from './lists.ts';
import { requestedVersion } from './stand-in.ts';

export interface CatalogueStore {
  read(): Promise<Catalogue>;
  /** Never rejects. */
  write(catalogue: Catalogue): Promise<void>;
}

/** JSON-RPC's "internal error" says nothing of what a server is. */
const INTERNAL_ERROR = -32_603;

/** The last known catalogue: what the server says replaces what was known, and is written down a little later. */
export class CatalogueKeeper {
  readonly #store: CatalogueStore;
  readonly #saveDelayMs: number;
  #catalogue: Catalogue = { lists: {} };
  #timer: NodeJS.Timeout | undefined;
  #isChanged = false;
  #heardAt = -Infinity;

  constructor(store: CatalogueStore, saveDelayMs: number) {
    this.#store = store;
    this.#saveDelayMs = saveDelayMs;
  }

  get catalogue(): Readonly<Catalogue> {
    return this.#catalogue;
  }

  /** How long ago the server was heard, in this process. */
  get heardMs(): number {
    return performance.now() - this.#heardAt;
  }

  async load(): Promise<void> {
    this.#catalogue = await this.#store.read();
  }

  /** The server was heard. When that was is written down with the next change, or by `flush`. */
  seen(): void {
    this.#heardAt = performance.now();
    this.#catalogue.seenAt = Date.now();
    this.#isChanged = true;
  }

  /** The server's own answer to what a host opens with. */
  opened(opening: JsonRpcRequest, answer: Answer): void {
    if (opening.method !== 'initialize') this.#discovered(answer);
    else if ('result' in answer && isInitializeResult(answer.result))
      this.#catalogue.initialize = { requested: requestedVersion(opening), result: answer.result };
    else return;
    this.#save();
  }

  lists(found: ReadonlyMap<ListMethod, readonly Fields[]>): void {
    if (found.size === 0) return;
    for (const [method, items] of found) this.#catalogue.lists[method] = items;
    this.#save();
  }

  /** Writes down what is not yet. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isChanged) return;
    this.#isChanged = false;
    await this.#store.write(this.#catalogue);
  }

  /** Soon: changes come together. */
  #save(): void {
    this.#isChanged = true;
    this.#timer ??= setTimeout(() => void this.flush(), this.#saveDelayMs);
  }

  #discovered(answer: Answer): void {
    if ('result' in answer) {
      if (isDiscoverResult(answer.result)) this.#catalogue.discovery = { result: answer.result };
    } else if (answer.error.code !== INTERNAL_ERROR) this.#catalogue.discovery = { error: answer.error };
  }
}
