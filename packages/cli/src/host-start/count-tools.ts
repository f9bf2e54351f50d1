import { isRecord } from '@mcp-nostr/core';

import type { McpRequests } from '../mcp-requests.ts';

/** A server that always has another page is not asked for ever. */
const MAX_PAGES = 20;

/** Of a server that was initialized or discovered, with the time that its first answer took. */
export async function countTools(
  mcp: McpRequests,
  capabilities: unknown,
  params: Record<string, unknown>,
): Promise<{ tools: number; roundTripMs: number }> {
  const startedAt = performance.now();
  if (!isRecord(capabilities) || capabilities['tools'] === undefined) {
    // Every server has an answer to this, if only that it does not know it.
    await mcp.request('ping', params).catch(() => undefined);
    return { tools: 0, roundTripMs: performance.now() - startedAt };
  }
  let roundTripMs: number | undefined;
  let tools = 0;
  let cursor: unknown;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await mcp.request('tools/list', cursor === undefined ? params : { ...params, cursor });
    roundTripMs ??= performance.now() - startedAt;
    if (Array.isArray(answer['tools'])) tools += answer['tools'].length;
    cursor = answer['nextCursor'];
    if (typeof cursor !== 'string') break;
  }
  return { tools, roundTripMs: roundTripMs ?? 0 };
}
