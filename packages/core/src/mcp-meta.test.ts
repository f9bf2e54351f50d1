import { describe, expect, it } from 'vitest';

import type { JsonRpcMessage, JsonRpcRequest } from './json-rpc.ts';
import { isProgressOf } from './mcp-meta.ts';

const request = (progressToken?: unknown): JsonRpcRequest => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: progressToken === undefined ? {} : { _meta: { progressToken } },
});

const progress = (params: Record<string, unknown>): JsonRpcMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { ...params, progress: 1 },
});

describe('isProgressOf', () => {
  it('knows a request by its token', () => {
    expect(isProgressOf(progress({ progressToken: 1 }), request(1))).toBe(true);
    expect(isProgressOf(progress({ progressToken: '1' }), request(1))).toBe(false);
    expect(
      isProgressOf({ ...progress({ progressToken: 1 }), method: 'notifications/message' }, request(1)),
    ).toBe(false);
  });

  it('gives progress without a token to nobody', () => {
    expect(isProgressOf(progress({}), request())).toBe(false);
  });
});
