import type { JsonRpcErrorResponse, JsonRpcResultResponse } from '@mcp-nostr/core';

/** What a request is answered with. */
export type Answer = JsonRpcResultResponse | JsonRpcErrorResponse;
