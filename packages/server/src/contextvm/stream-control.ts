import type { JsonRpcErrorResponse, JsonRpcMessage, JsonRpcNotification, RequestId } from '@mcp-nostr/core';
import { frameFamily, parseStreamFrame, type StreamFrame } from '@mcp-nostr/core/contextvm';

import type { Requests } from '../requests.ts';

/** Whether a message of a client is about a stream that it reads (CEP-41): no business of the MCP server's. */
export function isStreamControl(message: JsonRpcMessage): boolean {
  return frameFamily(message) === 'open-stream';
}

/** What it says; undefined where that cannot be read. */
export function readStreamControl(message: JsonRpcMessage): StreamFrame | undefined {
  try {
    return parseStreamFrame(message);
  } catch {
    return undefined; // a reader is asked again, or gives up by itself
  }
}

/**
 * The end of a request whose stream nobody reads any more: what its MCP server hears, and the answer of its client, to whom
 * CEP-41 promises one; the MCP server gives none to what was cancelled.
 */
export function streamEnd(
  message: JsonRpcMessage,
  requests: Requests,
): { cancellation: JsonRpcNotification; answer: JsonRpcErrorResponse } | undefined {
  const frame = readStreamControl(message);
  const id = frame?.frameType === 'abort' ? requests.ofToken(frame.token) : undefined;
  if (id === undefined) return undefined;
  return { cancellation: cancellationOf(id), answer: abortedAnswer(id) };
}

function cancellationOf(requestId: RequestId): JsonRpcNotification {
  const params = { requestId, reason: 'its stream is not read any more' };
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params };
}

function abortedAnswer(id: RequestId): JsonRpcErrorResponse {
  return { jsonrpc: '2.0', id, error: { code: REQUEST_CANCELLED, message: 'its stream was aborted' } };
}

/** As in the Language Server Protocol: JSON-RPC and MCP have none. */
const REQUEST_CANCELLED = -32_800;
