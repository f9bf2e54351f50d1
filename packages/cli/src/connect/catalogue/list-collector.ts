import type { JsonRpcRequest } from '@mcp-nostr/core';
import { isRecord } from '@mcp-nostr/core';

import type { Fields } from './catalogue.ts';
import { limits } from './limits.ts';
import { cursorOf, isListMethod, type ListMethod, lists } from './lists.ts';

/** Puts the pages of lists together as they pass. */
export class ListCollector {
  /** The pages so far, and the cursor that continues them. */
  readonly #pages: Map<ListMethod, { items: readonly Fields[]; chars: number; cursor: string }> = new Map();

  /** The whole list, once its last page has come. */
  take(request: JsonRpcRequest, result: Fields): { method: ListMethod; items: Fields[] } | undefined {
    const { method } = request;
    if (!isListMethod(method)) return undefined;
    const page = itemsOf(method, result);
    const cursor = cursorOf(request);
    const earlier = cursor === undefined ? undefined : this.#pages.get(method);
    this.#pages.delete(method);
    // A page from the middle whose beginning was not seen, or is of another walk through the list.
    if (page === undefined || earlier?.cursor !== cursor) return undefined;
    const chars = (earlier?.chars ?? 0) + JSON.stringify(page).length;
    if (chars > limits.maxListChars) return undefined;
    const items = [...(earlier?.items ?? []), ...page];
    const next = result['nextCursor'];
    if (typeof next !== 'string') return { method, items };
    this.#pages.set(method, { items, chars, cursor: next });
    return undefined;
  }
}

export function itemsOf(method: ListMethod, result: Fields): Fields[] | undefined {
  const items = result[lists[method].member];
  return Array.isArray(items) && items.every(isRecord) ? items : undefined;
}
