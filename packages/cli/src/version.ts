import { readFileSync } from 'node:fs';

import { isRecord } from '@mcp-nostr/core';

/** This package's, from its manifest, which lies one folder above both the sources and what is built. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return isRecord(manifest) ? String(manifest['version']) : 'unknown';
}
