import { isDiscoverResult, isInitializeResult, isRecord } from '@mcp-nostr/core';

import { type ListMethod, listMethods } from './lists.ts';

export type Fields = Record<string, unknown>;

/** How a server has answered `server/discover`: as one of MCP 2026-07-28, or that it does not know it. */
type Discovery =
  | { readonly result: Fields }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };

/** What a server was last known to offer. */
export interface Catalogue {
  /** Milliseconds since 1970: when it was heard last. */
  seenAt?: number | undefined;
  /** Its answer to `initialize`, and the version that was asked for. */
  initialize?: { readonly requested: string; readonly result: Fields } | undefined;
  discovery?: Discovery | undefined;
  /** All pages of each list that was seen whole. */
  readonly lists: { [Method in ListMethod]?: readonly Fields[] };
}

/** What a file holds; whatever is not as it should be was never known. */
export function parseCatalogue(value: unknown): Catalogue {
  const catalogue: Catalogue = { lists: {} };
  if (!isRecord(value) || value['format'] !== FORMAT) return catalogue;
  const { seenAt, initialize, discovery, lists } = value;
  if (typeof seenAt === 'number' && Number.isFinite(seenAt)) catalogue.seenAt = seenAt;
  if (
    isRecord(initialize) &&
    typeof initialize['requested'] === 'string' &&
    isInitializeResult(initialize['result'])
  )
    catalogue.initialize = { requested: initialize['requested'], result: initialize['result'] };
  catalogue.discovery = parseDiscovery(discovery);
  for (const method of listMethods) {
    const list: unknown = isRecord(lists) ? lists[method] : undefined;
    if (Array.isArray(list) && list.every(isRecord)) catalogue.lists[method] = list;
  }
  return catalogue;
}

export function formatCatalogue(catalogue: Catalogue): string {
  return JSON.stringify({ format: FORMAT, ...catalogue });
}

/** Of the file: another one is not read. */
const FORMAT = 1;

function parseDiscovery(value: unknown): Discovery | undefined {
  if (!isRecord(value)) return undefined;
  if (isDiscoverResult(value['result'])) return { result: value['result'] };
  const error = value['error'];
  if (!isRecord(error)) return undefined;
  const { code, message, data } = error;
  if (typeof code !== 'number' || !Number.isInteger(code) || typeof message !== 'string') return undefined;
  return { error: { code, message, ...(data === undefined ? {} : { data }) } };
}
