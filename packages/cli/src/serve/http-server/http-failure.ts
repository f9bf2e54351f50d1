import {
  failureResponse,
  isRecord,
  type JsonRpcErrorResponse,
  parseJsonRpc,
  type RequestId,
} from '@mcp-nostr/core';

import { shownLine } from '../../log/redact.ts';

export type HttpFailureCode =
  /** A status other than 2xx, or a redirect that is not followed. */
  | 'http_status'
  /** No connection: nothing was executed. */
  | 'unreachable'
  /** The connection or the stream broke. */
  | 'broken'
  /** What came is not MCP. */
  | 'bad_answer'
  | 'too_large'
  /** The message could not be put into a request. */
  | 'bad_request';

export interface HttpFailureOptions extends ErrorOptions {
  status?: number;
  retryAfter?: string | undefined;
  /** What only the operator may read: addresses, and what the server wrote. */
  detail?: string;
  /** The JSON-RPC error that the response carried. */
  answer?: JsonRpcErrorResponse['error'] | undefined;
}

/** Why an HTTP exchange failed. The message is for the caller, who must not learn where the server is. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly code: HttpFailureCode;
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly detail: string;
  readonly answer: JsonRpcErrorResponse['error'] | undefined;
  constructor(code: HttpFailureCode, message: string, options: HttpFailureOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
    this.detail = options.detail ?? '';
    this.answer = options.answer;
  }
}

/** The answer to a request whose exchange failed: the server's own error where it gave one. */
export function toAnswer(id: RequestId, failure: HttpFailure): JsonRpcErrorResponse {
  const { answer } = failure;
  return answer === undefined ? failureAnswer(id, failure) : { jsonrpc: '2.0', id, error: answer };
}

/** The same for `server/discover`, where a client takes any error of the server for the word of an old one. */
export function toProbeAnswer(id: RequestId, failure: HttpFailure): JsonRpcErrorResponse {
  if (!isProbeRefusal(failure)) return failureAnswer(id, failure);
  const { answer, message } = failure;
  return { jsonrpc: '2.0', id, error: answer ?? { code: METHOD_NOT_FOUND, message } };
}

/**
 * Whether a server has answered `server/discover` by refusing it. MCP 2026-07-28, versioning: an HTTP server of before
 * does that with a status of 4xx, in whatever words. Credentials, load and outages say nothing of what a server speaks,
 * whatever stands in their bodies; an error with 200 is an answer.
 */
export function isProbeRefusal({ status = 0 }: HttpFailure): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

const METHOD_NOT_FOUND = -32_601;

/** In our words. */
function failureAnswer(id: RequestId, failure: HttpFailure): JsonRpcErrorResponse {
  const { status, message } = failure;
  if (status === 413 || failure.code === 'too_large')
    return failureResponse(id, 'message_too_large', message);
  // RFC 6585, section 4, and RFC 9110, section 15.6.4: it may be tried again later.
  if (status === 429 || status === 503) return failureResponse(id, 'busy', message);
  return failureResponse(id, 'server_failed', message);
}

/** The JSON-RPC error in the body of a response: statuses of 400 and above often carry the real reason. */
function errorInBody(text: string): JsonRpcErrorResponse['error'] | undefined {
  try {
    const message = parseJsonRpc(JSON.parse(text));
    return 'error' in message ? message.error : undefined;
  } catch {
    return undefined;
  }
}

/** A response with another status than 2xx. */
export function statusFailure(status: number, options: HttpFailureOptions & { body: string }): HttpFailure {
  const { body, retryAfter } = options;
  return new HttpFailure('http_status', statusMessage(status, retryAfter), {
    ...options,
    status,
    detail: shownLine(body, 300),
    answer: errorInBody(body),
  });
}

function statusMessage(status: number, retryAfter: string | undefined): string {
  const said = `the HTTP server behind this one answered ${status}`;
  if (status === 401)
    return `${said}: it wants credentials; its operator can give them with --header 'Authorization: …'`;
  if (status === 403)
    return `${said}: it refuses the gateway's credentials or this caller; the operator's --header sets them`;
  if (status === 404) return `${said}: there is no MCP endpoint at the URL that the operator gave`;
  if (status === 405)
    return `${said}: what the operator gave is an endpoint of another kind (--sse is for older servers)`;
  if (status === 413) return `${said}: the message is too large for it`;
  if (status === 429 || status === 503) {
    // A header of a server that we do not know: only the two forms of RFC 9110, section 10.2.3.
    const when = /^[\w ,:]{1,40}$/.test(retryAfter ?? '')
      ? `try again after ${retryAfter}`
      : 'try again later';
    return `${said}: it is busy; ${when}${/^\d+$/.test(retryAfter ?? '') ? ' s' : ''}`;
  }
  if (status >= 300 && status < 400) return `${said}: a redirect that leaves its origin is not followed`;
  return said;
}

/** What TLS finds wrong with a certificate, as OpenSSL and Node name it. */
const TLS = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/;

/** What `fetch` and reading a response fail with. */
export function networkFailure(error: unknown): HttpFailure {
  const { code, detail, isBeforeRequest } = rootOf(error);
  const options = { cause: error, detail };
  if (TLS.test(code)) {
    const text = `the HTTP server behind this one cannot be trusted (${code}); its operator may need NODE_EXTRA_CA_CERTS`;
    return new HttpFailure('unreachable', text, options);
  }
  if (isBeforeRequest) {
    const text = `the HTTP server behind this one cannot be reached (${code}); nothing was executed`;
    return new HttpFailure('unreachable', text, options);
  }
  const why = code === '' ? '' : ` (${code})`;
  const text = `the connection to the HTTP server behind this one broke${why}; the request may have been executed or not`;
  return new HttpFailure('broken', text, options);
}

/** The innermost cause: fetch says only that it failed. */
function rootOf(error: unknown): { code: string; detail: string; isBeforeRequest: boolean } {
  let root = error;
  for (let depth = 0; depth < 5 && isRecord(root) && root['cause'] instanceof Error; depth++)
    root = root['cause'];
  const { code, syscall } = isRecord(root) ? root : {};
  const isBeforeRequest =
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    // One error for each address of the name.
    root instanceof AggregateError;
  const detail = root instanceof Error ? root.message : String(root);
  return { code: typeof code === 'string' ? code : '', detail, isBeforeRequest };
}

/** With what only the operator may read. */
export function detailOf(error: unknown): string {
  const { message, detail } = error instanceof HttpFailure ? error : networkFailure(error);
  return detail === '' ? message : `${message} [${detail}]`;
}
