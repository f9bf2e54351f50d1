import type { JsonRpcErrorResponse, RequestId } from './json-rpc.ts';

/**
 * Errors of the way and not of the MCP server, as a JSON-RPC client reads them: the number is outside the range
 * that JSON-RPC and MCP reserve (-32768 to -32000), and `error.data.code` has the name.
 */
export const failureCodes = {
  /** The server has not answered although relays took the message. Local. */
  server_silent: -31_001,
  /** No relay could be reached, or none took the message: nothing was executed. Local. */
  relays_unreachable: -31_002,
  /** The connection ended while the request was under way: it may or may not have been executed. Local. */
  outcome_unknown: -31_003,
  /** The message is larger than the relays in use carry. */
  message_too_large: -31_004,
  /** The server does not serve this key. */
  not_allowed: -31_005,
  /** A bound of the server is reached; try again later. */
  busy: -31_006,
  /** The program behind the server could not be started or ended. */
  server_failed: -31_007,
  /** The signer refused or did not answer: nothing was sent. Local. */
  signer_failed: -31_008,
  /** The caller has used up what it may use for now: `data.retryAfterMs` says when it is worth trying again. */
  rate_limited: -31_009,
  /** The server serves those who were invited. */
  invite_required: -31_010,
  /** The invite is used up, too old, or none of this server's. */
  invite_expired: -31_011,
  /** The identity's grant to this session key is too old, was revoked, or is for something else. */
  grant_expired: -31_012,
  /** The server has another key now, which its former one names: `data.successor`. Local. */
  server_moved: -31_013,
  /** What the server shows is not what was seen of it before. Local. */
  pin_mismatch: -31_014,
  /** The server wants to be paid first: `data.payment`. Nothing was executed. Local. */
  payment_required: -31_015,
  /** The server did not go on with a request for a reason of its payment. Local. */
  payment_rejected: -31_016,
  /** The server reads plain text only, and this client encrypts: nothing was executed. Local. */
  not_encrypted: -31_017,
  /** The message is stamped too far from the server's clock, whose time is `data.serverTime` in seconds. */
  wrong_clock: -31_018,
  /** The server takes encrypted messages only. */
  encryption_required: -31_019,
} as const;

export type FailureCode = keyof typeof failureCodes;

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(failureCodes, code);
}

/** The answer to a request that could not be served for a reason of the way. */
export function failureResponse(
  id: RequestId | undefined,
  code: FailureCode,
  message: string,
  data: Record<string, unknown> = {},
): JsonRpcErrorResponse {
  return {
    jsonrpc: '2.0',
    ...(id === undefined ? {} : { id }),
    error: { code: failureCodes[code], message, data: { code, ...data } },
  };
}
