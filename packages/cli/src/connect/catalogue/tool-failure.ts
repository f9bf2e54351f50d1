import {
  claimedVersion,
  type FailureCode,
  failureCodes,
  isFailureCode,
  isRecord,
  type JsonRpcErrorResponse,
  type JsonRpcRequest,
} from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import { successorIn } from '../../successors/moved.ts';
import type { Successor } from '../../successors/successor-file.ts';

/** Why a request has no answer of the server. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  /** With `server_moved`: the key that the server has now. */
  readonly successor?: Successor | undefined;
  /** Whoever holds our key has refused to sign: asked again and again, a person is woken all night. */
  readonly isRefusal?: boolean;
}

/** In `_meta` of a result that stands for a failure of the way: `{ code }`, for programs. */
const FAILURE_META = 'mcp-nostr/failure';

/** The failure of the way that an error stands for, if it is one. */
export function failureOf(answer: Answer): Failure | undefined {
  if (!('error' in answer)) return undefined;
  const { code, message, data } = answer.error;
  const name = isRecord(data) ? data['code'] : undefined;
  if (typeof name !== 'string' || !isFailureCode(name) || failureCodes[name] !== code) return undefined;
  const successor = successorIn(data);
  const isRefusal = name === 'signer_failed' && isRecord(data) && typeof data['words'] === 'string';
  return {
    code: name,
    message,
    ...(isRefusal ? { isRefusal } : {}),
    ...(successor === undefined ? {} : { successor }),
  };
}

/**
 * What a host is answered: for a tool a result with `isError`, which hosts show to the model and the person, where a
 * JSON-RPC error is often shown as a number; else the error, with the same text.
 */
export function failureFor(request: JsonRpcRequest, failure: Failure, text: string): Answer {
  const { id, method } = request;
  const { code } = failure;
  if (method !== 'tools/call') {
    const answer: JsonRpcErrorResponse = {
      jsonrpc: '2.0',
      id,
      error: { code: failureCodes[code], message: text, data: { code } },
    };
    return answer;
  }
  return {
    jsonrpc: '2.0',
    id,
    result: {
      ...(claimedVersion(request) === undefined ? {} : { resultType: 'complete' }),
      content: [{ type: 'text', text }],
      isError: true,
      _meta: { [FAILURE_META]: { code } },
    },
  };
}
