import { type JsonRpcRequest, metaKeys, metaOf } from '@mcp-nostr/core';

import type { Fields } from './catalogue.ts';

/** What a session of MCP 2025-11-25 and earlier keeps: it is said again when the session is taken up. */
export function isSetting(method: string): boolean {
  return ['logging/setLevel', 'resources/subscribe', 'resources/unsubscribe'].includes(method);
}

/** What a request of MCP 2026-07-28 says of its client, for requests of ours on its behalf. */
export function claimsOf({ params }: JsonRpcRequest): Fields {
  const meta = metaOf(params) ?? {};
  const names = [metaKeys.protocolVersion, metaKeys.clientCapabilities, metaKeys.clientInfo];
  return Object.fromEntries(names.filter((name) => name in meta).map((name) => [name, meta[name]]));
}
