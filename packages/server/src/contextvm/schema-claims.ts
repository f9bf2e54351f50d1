import { isHex32, isRecord } from '@mcp-nostr/core';
import { COMMON_SCHEMA, type SchemaClaim, schemaHash } from '@mcp-nostr/core/contextvm';

import type { Fields } from './own-caller.ts';

/** What tools claim in their `_meta` (CEP-15), as far as it is so: others look for servers by it. */
export function schemaClaims(tools: readonly Fields[], onerror: (error: Error) => void): SchemaClaim[] {
  return tools.flatMap((tool) => {
    const { name, inputSchema, outputSchema, _meta: meta } = tool;
    const claim = isRecord(meta) ? meta[COMMON_SCHEMA] : undefined;
    const hash = isRecord(claim) ? claim['schemaHash'] : undefined;
    if (typeof name !== 'string' || typeof hash !== 'string' || !isHex32(hash)) return [];
    try {
      const found = schemaHash({ name, inputSchema, outputSchema });
      if (found === hash) return [{ hash, tool: name }];
      onerror(new Error(`the tool ${name} claims the common schema ${hash}, but its own is ${found}`));
    } catch (error) {
      onerror(new Error(`the schema of the tool ${name} is no common one`, { cause: error }));
    }
    return [];
  });
}
