import { isRecord, type JsonRpcErrorResponse, type JsonRpcRequest } from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import { type ListMethod, lists } from '../catalogue/lists.ts';
import { inTime } from './in-time.ts';
import { limits } from './limits.ts';
import { shownName, shownUri } from './names.ts';

type Item = Record<string, unknown>;

interface Prefixing {
  readonly field: string;
  readonly shown: (prefix: string, own: string) => string;
}

/** What of an item gets the prefix, and how. */
const prefixings: Readonly<Record<ListMethod, Prefixing>> = {
  'tools/list': { field: 'name', shown: shownName },
  'prompts/list': { field: 'name', shown: shownName },
  'resources/list': { field: 'uri', shown: shownUri },
  'resources/templates/list': { field: 'uriTemplate', shown: shownUri },
};

/** How it went. */
interface Fetched {
  readonly error?: JsonRpcErrorResponse;
}

export interface ListingOptions {
  prefix: string;
  waitMs: number;
  method: ListMethod;
  ask: (method: string, params: JsonRpcRequest['params']) => Promise<Answer | undefined>;
  /** What the host was told is not so any more. */
  onchanged: () => void;
}

/** One list of one server, whole, as the host sees it. */
export class Listing {
  readonly #options: ListingOptions;
  /** As they came last. */
  #items: readonly Item[] | undefined;
  /** As the host was told, in case it was told before it was known. */
  #told = '';
  #own: ReadonlyMap<string, string> = new Map();
  #fetching: Promise<Fetched> | undefined;
  #round = 0;

  constructor(options: ListingOptions) {
    this.#options = options;
  }

  /** What the server calls the item of this name; undefined when it is not known to have one. */
  ownName(shown: string): string | undefined {
    return this.#own.get(shown);
  }

  /** The server has another list: what is being fetched is of the former one. */
  forget(): void {
    this.#fetching = undefined;
  }

  /**
   * All items, asked for anew; as they were last when the server does not answer in time, and an error when it has
   * not answered well at all. Never rejects.
   */
  async get(): Promise<readonly Item[] | JsonRpcErrorResponse> {
    this.#fetching ??= this.#fetch(++this.#round);
    const fetching = this.#fetching;
    const fetched = await inTime(this.#options.waitMs, fetching);
    const items = this.#items ?? [];
    this.#told = JSON.stringify(items);
    if (fetched?.error !== undefined && this.#items === undefined) return fetched.error;
    if (fetched === undefined) {
      void fetching.then(() => {
        if (this.#told !== JSON.stringify(this.#items ?? [])) this.#options.onchanged();
      });
    }
    return items;
  }

  /** Never rejects. */
  async #fetch(round: number): Promise<Fetched> {
    const answer = await this.#allPages();
    if (round !== this.#round) return {};
    this.#fetching = undefined;
    if ('error' in answer) return { error: answer };
    this.#learn(answer);
    return {};
  }

  async #allPages(): Promise<Item[] | JsonRpcErrorResponse> {
    const { method, ask } = this.#options;
    const { member } = lists[method];
    const items: Item[] = [];
    let chars = 0;
    let cursor: unknown;
    for (let page = 0; page < limits.maxPages && items.length < limits.maxItems; page++) {
      const answer = await ask(method, cursor === undefined ? {} : { cursor });
      if (answer === undefined) break; // cancelled, by nobody so far
      if ('error' in answer) return answer;
      chars += JSON.stringify(answer.result).length;
      if (chars > limits.maxListChars) break;
      const list = answer.result[member];
      if (Array.isArray(list)) items.push(...list.filter((item) => isRecord(item)));
      cursor = answer.result['nextCursor'];
      if (typeof cursor !== 'string') break;
    }
    return items.slice(0, limits.maxItems);
  }

  #learn(items: readonly Item[]): void {
    const { method, prefix } = this.#options;
    const { field, shown } = prefixings[method];
    const own = new Map<string, string>();
    this.#items = items.flatMap((item) => {
      const name = item[field];
      if (typeof name !== 'string') return [];
      own.set(shown(prefix, name), name);
      return [{ ...item, [field]: shown(prefix, name) }];
    });
    this.#own = own;
  }
}
