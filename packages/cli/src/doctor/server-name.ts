import { isRecord } from '@mcp-nostr/core';

import { oneLine } from '../terminal.ts';

/** What a server calls itself, and its version, as MCP's `serverInfo` has them. */
export function serverName(serverInfo: unknown): string {
  const { name, version } = isRecord(serverInfo) ? serverInfo : {};
  const words = [name, version].filter((text) => typeof text === 'string');
  return words.length === 0 ? 'a server without a name' : oneLine(words.join(' '), 80);
}
