import { readFileSync } from 'node:fs';

import { isRecord } from '@mcp-nostr/core';

/** Written into the bundle, which may lie anywhere. */
declare const MCP_NOSTR_VERSION: string | undefined;

/** This package's, from its manifest, which lies one folder above both the sources and what is built. */
export function packageVersion(): string {
  if (typeof MCP_NOSTR_VERSION === 'string') return MCP_NOSTR_VERSION;
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return isRecord(manifest) ? String(manifest['version']) : 'unknown';
}
