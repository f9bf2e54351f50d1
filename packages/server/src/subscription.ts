import {
  isRequestId,
  type JsonRpcMessage,
  type JsonRpcResultResponse,
  metaKeys,
  metaOf,
  type RequestId,
} from '@mcp-nostr/core';

export const LISTEN_METHOD = 'subscriptions/listen';

/** The request to listen that a notification belongs to (MCP 2026-07-28); the SDKs name it nowhere else. */
export function subscriptionOf(message: JsonRpcMessage): RequestId | undefined {
  const id = 'method' in message ? metaOf(message.params)?.[metaKeys.subscriptionId] : undefined;
  return isRequestId(id) ? id : undefined;
}

/** The answer with which a server ends a subscription; a client that gets none takes it for lost. */
export function subscriptionEnd(id: RequestId): JsonRpcResultResponse {
  return { jsonrpc: '2.0', id, result: { resultType: 'complete', _meta: { [metaKeys.subscriptionId]: id } } };
}
