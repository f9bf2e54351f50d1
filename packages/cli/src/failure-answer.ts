import {
  failureResponse,
  isFailureCode,
  isRecord,
  type JsonRpcErrorResponse,
  type RequestId,
} from '@mcp-nostr/core';

/** The answer to a request that an error keeps from being answered, by the error's own code where it has one. */
export function failureAnswer(id: RequestId, error: unknown): JsonRpcErrorResponse {
  const { code, data } = isRecord(error) ? error : {};
  const name = typeof code === 'string' && isFailureCode(code) ? code : 'relays_unreachable';
  return failureResponse(id, name, errorText(error), isRecord(data) ? data : {});
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
