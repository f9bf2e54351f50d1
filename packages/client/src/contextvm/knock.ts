/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import { claimedVersion, type JsonRpcRequest, metaKeys, metaOf, randomHex } from '@mcp-nostr/core';

/**
 * A request that any server without link answers and that changes nothing. Behind it may be an MCP server that takes the
 * version of all that follows from what it is asked first, so it has the version of what waits.
 */
export function knock(waiting: readonly JsonRpcRequest[]): JsonRpcRequest {
  const id = `knock-${randomHex(8)}`;
  const modern = waiting.find((request) => claimedVersion(request) !== undefined);
  if (modern === undefined) return { jsonrpc: '2.0', id, method: 'ping' };
  const { protocolVersion, clientInfo, clientCapabilities } = metaKeys;
  const meta = metaOf(modern.params);
  const names = [protocolVersion, clientInfo, clientCapabilities];
  const _meta = Object.fromEntries(names.map((name) => [name, meta?.[name]]));
  return { jsonrpc: '2.0', id, method: 'server/discover', params: { _meta } };
}
