import {
  failureResponse,
  isHarmless,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  parseRequestId,
  type RequestId,
} from '@mcp-nostr/core';
import {
  checkMessageSize,
  linkLimits,
  messageText,
  type OutgoingMessage,
  TransportError,
} from '@mcp-nostr/transport';

/** By which requests are found: 1 and "1" are two ids. */
export function keyOf(id: RequestId): string {
  return JSON.stringify(id);
}

/** @throws {TransportError} `message_too_large` */
export function toOutgoing(
  message: JsonRpcMessage,
  relation?: RequestId,
  onsettled?: (error?: TransportError) => void,
): OutgoingMessage {
  const id = 'id' in message && message.id !== undefined ? keyOf(message.id) : undefined;
  return {
    text: messageText(message),
    sort: isRequest(message) ? 'request' : isResponse(message) ? 'response' : 'notification',
    id,
    relation: relation === undefined ? undefined : keyOf(relation),
    isHarmless: isHarmless(message),
    onsettled,
  };
}

/** `queuedBytes`: what waits already. @throws {TransportError} `message_too_large`, `busy` */
export function checkRoom({ text }: OutgoingMessage, queuedBytes: number): void {
  checkMessageSize(text);
  const { maxQueuedBytes } = linkLimits;
  if (queuedBytes + text.length <= maxQueuedBytes) return;
  throw new TransportError('busy', `more than ${maxQueuedBytes} bytes wait to be sent`);
}

/**
 * The answer to a request of the server, by the JSON of its id, that did not reach the application. Undefined where the
 * server has written something else there.
 */
export function busyAnswer(key: string, reason: string): OutgoingMessage | undefined {
  const id = parseRequestId(key);
  return id === undefined ? undefined : toOutgoing(failureResponse(id, 'busy', reason));
}

/** What tells an application that nobody waits for its answer any more. */
export function cancellation(key: string): JsonRpcMessage {
  const requestId: unknown = JSON.parse(key);
  return {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId, reason: 'the connection in which it was asked is over' },
  };
}
