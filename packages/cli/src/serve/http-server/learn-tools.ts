import { type JsonRpcRequest, metaOf, randomHex } from '@mcp-nostr/core';

import { exchange, type ExchangeOptions } from './exchange.ts';
import { limits } from './limits.ts';
import type { ToolHeaders } from './tool-headers.ts';
import type { Upstream } from './upstream.ts';

/**
 * Asks for all tools as the caller of one of them would.
 * @throws {HttpFailure}
 */
export async function learnTools(
  upstream: Upstream,
  { params }: JsonRpcRequest,
  tools: ToolHeaders,
  options: Pick<ExchangeOptions, 'headers' | 'signal'>,
): Promise<void> {
  // The version and what else the caller says of itself; its progress token belongs to its own request.
  const meta = { ...metaOf(params), progressToken: undefined };
  let cursor: unknown;
  for (let page = 0; page < limits.maxToolPages; page++) {
    const request = {
      jsonrpc: '2.0' as const,
      id: `gateway-${randomHex(8)}`,
      method: 'tools/list',
      params: { ...(cursor === undefined ? {} : { cursor }), _meta: meta },
    };
    cursor = undefined;
    await exchange(upstream, request, {
      ...options,
      onmessage: (message) => {
        if ('result' in message) cursor = tools.learn(message.result)['nextCursor'];
      },
    });
    if (typeof cursor !== 'string') break;
  }
  tools.isComplete = true;
}
