import { isRecord } from './event.ts';

/** What a server answers to `initialize` (MCP 2025-11-25 and earlier), as far as it is needed to begin a session. */
export function isInitializeResult(value: unknown): value is Record<string, unknown> {
  return (
    isRecord(value) &&
    typeof value['protocolVersion'] === 'string' &&
    isRecord(value['capabilities']) &&
    isRecord(value['serverInfo'])
  );
}

/** What a server answers to `server/discover` (MCP 2026-07-28), likewise. */
export function isDiscoverResult(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Array.isArray(value['supportedVersions']) && isRecord(value['capabilities']);
}
