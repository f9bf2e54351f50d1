import { isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** A request of MCP 2026-07-28 and later says so itself, and belongs to no session. */
export function isModern({ params }: JsonRpcRequest): boolean {
  const meta = params?.['_meta'];
  return isRecord(meta) && typeof meta[VERSION_KEY] === 'string';
}

export function progressToken({ params }: JsonRpcRequest): unknown {
  const meta = params?.['_meta'];
  return isRecord(meta) ? meta['progressToken'] : undefined;
}
