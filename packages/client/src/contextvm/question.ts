import { claimedVersion, type JsonRpcRequest, metaKeys, metaOf, type RequestId } from '@mcp-nostr/core';

/**
 * What a server is asked to find out whether it is there: a `ping`, and of a client of MCP 2026-07-28, which has none,
 * `server/discover`. A server may take the first request for the sign of its client's revision, and keep to that for all.
 */
export function question(id: RequestId, asked: JsonRpcRequest | undefined): JsonRpcRequest {
  if (asked === undefined || claimedVersion(asked) === undefined)
    return { jsonrpc: '2.0', id, method: 'ping' };
  const meta = metaOf(asked.params);
  const { protocolVersion, clientInfo, clientCapabilities } = metaKeys;
  const said = [protocolVersion, clientInfo, clientCapabilities].map((name) => [name, meta?.[name]]);
  return { jsonrpc: '2.0', id, method: 'server/discover', params: { _meta: Object.fromEntries(said) } };
}
