import {
  claimedVersion,
  type JsonRpcErrorResponse,
  type JsonRpcRequest,
  type RequestId,
} from '@mcp-nostr/core';

import { sessionVersions } from './merge.ts';

/** JSON-RPC's and MCP's numbers that a joined connection itself answers with. */
export const errorCodes = {
  invalidParams: -32_602,
  methodNotFound: -32_601,
  internalError: -32_603,
  unsupportedVersion: -32_022,
} as const;

/** So much of a name is said back. */
const MAX_SHOWN_LENGTH = 200;

export function refusal(id: RequestId, code: number, message: string, data?: unknown): JsonRpcErrorResponse {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } };
}

/** In the words of the SDKs. */
export function notFound(id: RequestId, noun: string, name: unknown): JsonRpcErrorResponse {
  const shown = typeof name === 'string' ? name.slice(0, MAX_SHOWN_LENGTH) : 'without a name';
  return refusal(id, errorCodes.invalidParams, `${noun} ${shown} not found`);
}

export function methodNotFound({ id, method }: JsonRpcRequest): JsonRpcErrorResponse {
  return refusal(id, errorCodes.methodNotFound, `Method not found: ${method.slice(0, MAX_SHOWN_LENGTH)}`);
}

/** MCP 2026-07-28, versioning: a client reads from `supported` that it has to fall back to `initialize`. */
export function unsupportedVersion(request: JsonRpcRequest): JsonRpcErrorResponse {
  const claim = claimedVersion(request);
  const requested = typeof claim === 'string' ? claim.slice(0, MAX_SHOWN_LENGTH) : 'unknown';
  const message = `Unsupported protocol version: ${requested}; several servers in one take "initialize"`;
  return refusal(request.id, errorCodes.unsupportedVersion, message, {
    supported: sessionVersions,
    requested,
  });
}
