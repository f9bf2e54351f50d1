import {
  type FailureCode,
  isFailureCode,
  isRecord,
  type JsonRpcMessage,
  type RequestId,
} from '@mcp-nostr/core';

/** JSON-RPC's and MCP's numbers that the listener itself answers with. */
export const errorCodes = {
  parseError: -32_700,
  invalidRequest: -32_600,
  internalError: -32_603,
  /** What the SDK's HTTP servers use where MCP names no number. */
  badRequest: -32_000,
  sessionNotFound: -32_001,
  headerMismatch: -32_020,
} as const;

/** A refusal as Streamable HTTP has them: a status, and a JSON-RPC error for who reads bodies. */
export function errorResponse(
  status: number,
  code: number,
  message: string,
  {
    id,
    data,
    headers,
  }: { id?: RequestId | undefined; data?: unknown; headers?: Record<string, string> } = {},
): Response {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return Response.json({ jsonrpc: '2.0', id: id ?? null, error }, { status, ...(headers && { headers }) });
}

/**
 * Failures of the way. None of them is 400 or 404: a client that probes for the server's protocol version takes those
 * for the answer of an old server, and 5xx for what it is, an outage.
 */
const failureStatus: Record<FailureCode, number> = {
  server_silent: 504,
  relays_unreachable: 503,
  outcome_unknown: 502,
  message_too_large: 413,
  not_allowed: 403,
  busy: 503,
  server_failed: 502,
  signer_failed: 500,
  rate_limited: 429,
  invite_required: 403,
  invite_expired: 403,
  grant_expired: 403,
  server_moved: 502,
  pin_mismatch: 502,
  payment_required: 402,
  payment_rejected: 402,
  wrong_clock: 403,
  encryption_required: 403,
  not_encrypted: 502,
};

/** Errors whose status MCP 2026-07-28 fixes (Streamable HTTP, "Sending Messages to the Server"). */
const protocolStatus: Readonly<Record<number, number>> = {
  [-32_700]: 400,
  [-32_600]: 400,
  [-32_601]: 404,
  [-32_020]: 400,
  [-32_021]: 400,
  [-32_022]: 400,
};

/** The status of an answer that is not streamed. Errors that MCP has no status for are results of the call: 200. */
export function answerStatus(answer: JsonRpcMessage | undefined): number {
  if (answer === undefined || !('error' in answer)) return 200;
  const failure = failureOf(answer);
  if (failure !== undefined) return failureStatus[failure];
  return protocolStatus[answer.error.code] ?? 200;
}

/** Why the way failed, where an answer is not the server's own. */
function failureOf(answer: JsonRpcMessage): FailureCode | undefined {
  if (!('error' in answer) || !isRecord(answer.error.data)) return undefined;
  const { code } = answer.error.data;
  return typeof code === 'string' && isFailureCode(code) ? code : undefined;
}
