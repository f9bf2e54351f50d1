import type { JsonRpcRequest } from '@mcp-nostr/core';

import { compareHeader, type HeaderMismatch, missingHeader } from './header-mismatch.ts';

/**
 * What `Mcp-Name` repeats of each method's params: MCP 2026-07-28, Streamable HTTP, "Standard Request Headers"; for
 * tasks the extension's own page.
 */
const sources: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** The checks of a modern request's headers that the SDK's classification leaves to its own entry. */
export function standardHeaderMismatch(
  headers: Headers,
  { method, params }: JsonRpcRequest,
): HeaderMismatch | undefined {
  for (const name of ['MCP-Protocol-Version', 'Mcp-Method']) {
    if (headers.get(name) === null) return missingHeader(name);
  }
  const field = Object.hasOwn(sources, method) ? sources[method] : undefined;
  const value = field === undefined ? undefined : params?.[field];
  if (typeof value !== 'string') return undefined; // the params are for the server to check
  return compareHeader(headers, 'Mcp-Name', value, `params.${field}`);
}
