import { McpError } from '@modelcontextprotocol/sdk/types.js';

import type { Outcome } from './evidence.ts';

/** `ErrorCode.RequestTimeout` of the SDK. */
const REQUEST_TIMEOUT = -32_001;

/** What a call was rejected with. The name in `data.code` says what the transport promises; others get one of ours. */
export function describeFailure(error: unknown, tookMs: number): Outcome {
  const name = nameOf(error);
  const isTimeout = error instanceof McpError && error.code === REQUEST_TIMEOUT;
  // Its time-out is longer than any patience here: nobody else has settled it.
  if (isTimeout && name === undefined) return { type: 'hung' };
  const code = name ?? (error instanceof McpError ? `JSON-RPC ${error.code}` : 'not of JSON-RPC');
  return { type: 'failed', tookMs, code, message: error instanceof Error ? error.message : String(error) };
}

function nameOf(error: unknown): string | undefined {
  if (!(error instanceof McpError)) return undefined;
  const data: unknown = error.data;
  if (typeof data !== 'object' || data === null || !('code' in data)) return undefined;
  return typeof data.code === 'string' ? data.code : undefined;
}
