import {
  isRecord,
  isRequestId,
  type JsonRpcMessage,
  type JsonRpcResultResponse,
  type RequestId,
} from '@mcp-nostr/core';

export const LISTEN_METHOD = 'subscriptions/listen';

const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';

/** The request to listen that a notification belongs to (MCP 2026-07-28); the SDKs name it nowhere else. */
export function subscriptionOf(message: JsonRpcMessage): RequestId | undefined {
  const meta = 'method' in message ? message.params?.['_meta'] : undefined;
  const id = isRecord(meta) ? meta[SUBSCRIPTION_KEY] : undefined;
  return isRequestId(id) ? id : undefined;
}

/** The answer with which a server ends a subscription; a client that gets none takes it for lost. */
export function subscriptionEnd(id: RequestId): JsonRpcResultResponse {
  return { jsonrpc: '2.0', id, result: { resultType: 'complete', _meta: { [SUBSCRIPTION_KEY]: id } } };
}
