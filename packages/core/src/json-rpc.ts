import { DecodeError } from './errors.ts';
import { isRecord } from './event.ts';
import { limits } from './limits.ts';

export type RequestId = string | number;

export interface JsonRpcRequest {
  jsonrpc: '2.0';
  id: RequestId;
  method: string;
  params?: { [key: string]: unknown } | undefined;
}

export interface JsonRpcNotification {
  jsonrpc: '2.0';
  method: string;
  params?: { [key: string]: unknown } | undefined;
}

export interface JsonRpcResultResponse {
  jsonrpc: '2.0';
  id: RequestId;
  result: { [key: string]: unknown };
}

export interface JsonRpcErrorResponse {
  jsonrpc: '2.0';
  /** Absent when the request could not be read. */
  id?: RequestId | undefined;
  error: { code: number; message: string; data?: unknown };
}

export type JsonRpcMessage =
  | JsonRpcRequest
  | JsonRpcNotification
  | JsonRpcResultResponse
  | JsonRpcErrorResponse;

/**
 * The envelope of JSON-RPC 2.0 as MCP narrows it (no batches, ids are strings or whole numbers). What is inside
 * `params` and `result` is the SDK's to check and passes untouched.
 * @throws {DecodeError} `bad_json_rpc`
 */
export function parseJsonRpc(value: unknown): JsonRpcMessage {
  if (Array.isArray(value)) throw bad('it is an array; send each message by itself (MCP has no batches)');
  if (!isRecord(value)) throw bad('it is no object');
  if (value['jsonrpc'] !== '2.0') throw bad('jsonrpc is not "2.0"');
  if ('method' in value) {
    if (typeof value['method'] !== 'string') throw bad('method is not a string');
    if ('params' in value && !isRecord(value['params'])) throw bad('params is not an object');
    if ('id' in value && !isRequestId(value['id'])) throw bad('id is neither a string nor a whole number');
  } else if ('result' in value) {
    if ('error' in value) throw bad('it has both a result and an error');
    if (!isRecord(value['result'])) throw bad('result is not an object');
    if (!isRequestId(value['id'])) throw bad('id is neither a string nor a whole number');
  } else if ('error' in value) {
    const error = value['error'];
    if (!isRecord(error) || !Number.isInteger(error['code']) || typeof error['message'] !== 'string') {
      throw bad('error has no whole-number code and message');
    }
    if (value['id'] === null) delete value['id'];
    if ('id' in value && !isRequestId(value['id'])) throw bad('id is neither a string nor a whole number');
  } else {
    throw bad('it has no method, result or error');
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every member of the union was checked above
  return value as unknown as JsonRpcMessage;
}

export function isRequest(message: JsonRpcMessage): message is JsonRpcRequest {
  return 'method' in message && 'id' in message;
}

export function isResponse(message: JsonRpcMessage): message is JsonRpcResultResponse | JsonRpcErrorResponse {
  return !('method' in message);
}

/** Whether a repetition of this message does no harm: it asks, and changes nothing. */
export function isHarmless(message: JsonRpcMessage): boolean {
  return 'method' in message && HARMLESS_METHODS.has(message.method);
}

const HARMLESS_METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
]);

/** The request that a `notifications/cancelled` names. */
export function cancelledId(message: JsonRpcMessage): RequestId | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined;
  const id = message.params?.['requestId'];
  return isRequestId(id) ? id : undefined;
}

/** The id behind its JSON, as tags have it: 1 and "1" are two ids. Undefined where a peer has written something else. */
export function parseRequestId(text: string): RequestId | undefined {
  try {
    const id: unknown = JSON.parse(text);
    return isRequestId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' ? value.length <= limits.maxIdLength : Number.isInteger(value);
}

function bad(reason: string): DecodeError {
  return new DecodeError('bad_json_rpc', `not a JSON-RPC message: ${reason}`);
}
