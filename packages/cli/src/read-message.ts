import { isRecord, type JsonRpcErrorResponse, type JsonRpcMessage, parseJsonRpc } from '@mcp-nostr/core';

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** What a host or a program has written: a message, or the answer to what is none. */
export type Reading = { message: JsonRpcMessage } | { refusal: JsonRpcErrorResponse };

export function readMessage(text: string): Reading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refusal: refusal(PARSE_ERROR, 'Parse error: it is not JSON') };
  }
  try {
    return { message: parseJsonRpc(value) };
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    return { refusal: refusal(INVALID_REQUEST, `Invalid Request: ${why}`, value) };
  }
}

/** Answered with the request's id when it is one: then nobody waits in vain. */
function refusal(code: number, message: string, value?: unknown): JsonRpcErrorResponse {
  const id = isRecord(value) && 'method' in value ? value['id'] : undefined;
  const answer: JsonRpcErrorResponse = { jsonrpc: '2.0', error: { code, message } };
  if (typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id))) answer.id = id;
  return answer;
}
