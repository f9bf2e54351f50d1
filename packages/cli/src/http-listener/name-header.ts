import type { JsonRpcRequest } from '@mcp-nostr/core';

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

/** A header that is missing or says something else than the body: who routes by headers must not be misled. */
export interface HeaderMismatch {
  header: string;
  body: string;
}

/** The checks of a modern request's headers that the SDK's classification leaves to its own entry. */
export function headerMismatch(
  headers: Headers,
  { method, params }: JsonRpcRequest,
): HeaderMismatch | undefined {
  for (const name of ['MCP-Protocol-Version', 'Mcp-Method']) {
    if (headers.get(name) === null) return missing(name);
  }
  const field = Object.hasOwn(sources, method) ? sources[method] : undefined;
  const value = field === undefined ? undefined : params?.[field];
  if (field === undefined || typeof value !== 'string') return undefined;
  const header = headers.get('Mcp-Name');
  if (header === null) return missing('Mcp-Name');
  const decoded = decodeHeaderValue(header);
  if (decoded === undefined) return { header, body: 'the Mcp-Name header is no valid Base64 of UTF-8 text' };
  if (decoded === value) return undefined;
  return { header, body: `params.${field} is "${value}" and the Mcp-Name header says "${decoded}"` };
}

function missing(name: string): HeaderMismatch {
  return { header: '(missing)', body: `the ${name} header is required with this request` };
}

/** "Value Encoding": `=?base64?…?=` around what a header cannot carry, anything else is literal. Undefined if broken. */
function decodeHeaderValue(header: string): string | undefined {
  const [, encoded] = /^=\?base64\?(.*)\?=$/s.exec(header) ?? [];
  if (encoded === undefined) return header;
  const bytes = Buffer.from(encoded, 'base64');
  // Node's decoder skips what it does not know; only what it would write itself is canonical.
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
