import { isRecord } from './event.ts';
import type { JsonRpcMessage, JsonRpcRequest } from './json-rpc.ts';

/** Names in `_meta` that MCP 2026-07-28 reserves for itself. */
export const metaKeys = {
  /** On each request; requests of the revisions before have none. */
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  /** On results. */
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  /** On each notification of a subscription, and on what ends it: the id of its `subscriptions/listen`. */
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;

/** The `_meta` of params, or of a result. */
export function metaOf(holder: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const meta = holder?.['_meta'];
  return isRecord(meta) ? meta : undefined;
}

/** What a request says that its version is; undefined for those of MCP 2025-11-25 and earlier. */
export function claimedVersion({ params }: JsonRpcRequest): unknown {
  return metaOf(params)?.[metaKeys.protocolVersion];
}

/** What progress of a request is named by, if it is asked for. */
export function progressToken({ params }: JsonRpcRequest): unknown {
  return metaOf(params)?.['progressToken'];
}

/** Whether a message tells of the progress of this request. */
export function isProgressOf(message: JsonRpcMessage, request: JsonRpcRequest): boolean {
  if (!('method' in message) || message.method !== 'notifications/progress') return false;
  const token = message.params?.['progressToken'];
  return token !== undefined && token === progressToken(request);
}
