import { isRecord } from '@mcp-nostr/core';

/** `ENOENT` and its kin, else the error as text. */
export function errorCode(error: unknown): string {
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
}
