import {
  cancelledId,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  metaKeys,
  metaOf,
  progressToken,
  type RequestId,
} from '@mcp-nostr/core';

/** MCP 2026-07-28, Subscriptions: every notification of a subscription carries the id of its `subscriptions/listen`. */
const SUBSCRIPTION_ID = metaKeys.subscriptionId;

/**
 * Requests of many clients share one connection, and each client counts from 0. So a request travels with a number
 * that is ours, also where it stands for the request elsewhere: as progress token and as subscription id.
 */
export function withCallId(request: JsonRpcRequest, id: number): JsonRpcRequest {
  const { params } = request;
  if (progressToken(request) === undefined) return { ...request, id };
  return { ...request, id, params: { ...params, _meta: { ...metaOf(params), progressToken: id } } };
}

/** The call that a message of the server belongs to, if it says. */
export function callIdOf(
  message: JsonRpcMessage,
  relatedRequestId: RequestId | undefined,
): RequestId | undefined {
  if (isResponse(message)) return message.id;
  const { method, params } = message;
  const token = method === 'notifications/progress' ? params?.['progressToken'] : undefined;
  const named = cancelledId(message) ?? token ?? metaOf(params)?.[SUBSCRIPTION_ID];
  return typeof named === 'number' ? named : relatedRequestId;
}

/** A message that belongs to a call, as the client that made the call knows it. */
export function withOwnId(message: JsonRpcMessage, id: number, request: JsonRpcRequest): JsonRpcMessage {
  if ('error' in message) return { ...message, id: request.id };
  if ('result' in message)
    return { ...message, id: request.id, result: withSubscription(message.result, id, request.id) };
  if (message.params === undefined) return message;
  const params = withSubscription(message.params, id, request.id);
  if (message.method === 'notifications/progress' && params['progressToken'] === id)
    params['progressToken'] = progressToken(request);
  if (cancelledId(message) === id) params['requestId'] = request.id;
  return { ...message, params };
}

/** A copy in which the subscription has its own id again. */
function withSubscription(
  record: Record<string, unknown>,
  id: number,
  ownId: RequestId,
): Record<string, unknown> {
  const meta = metaOf(record);
  if (meta?.[SUBSCRIPTION_ID] !== id) return { ...record };
  return { ...record, _meta: { ...meta, [SUBSCRIPTION_ID]: ownId } };
}
