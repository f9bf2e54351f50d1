import { DecodeError, type JsonRpcErrorResponse } from '@mcp-nostr/core';

/** The answer to what is no message. JSON-RPC 2.0, section 5.1: for what is no JSON, and for what is no request, whose id is not known. */
export function unreadable(error: unknown): JsonRpcErrorResponse {
  const code = error instanceof DecodeError && error.code === 'bad_json' ? -32_700 : -32_600;
  const message = error instanceof Error ? error.message : String(error);
  return { jsonrpc: '2.0', error: { code, message } };
}
