import { claimedVersion, isRecord, type JsonRpcMessage, type JsonRpcRequest } from '@mcp-nostr/core';

import { LEGACY_VERSIONS } from '../version-gate.ts';

/** What servers ask of clients with requests, for which these have no way back. */
const ASKED = ['sampling', 'elicitation', 'roots'] as const;

/** Said to an MCP server in the name of a client that says nothing before its first request, or said it to another process. */
export function emulatedInitialize(id: string): JsonRpcRequest {
  const [protocolVersion] = LEGACY_VERSIONS;
  const clientInfo = { name: 'contextvm-client', version: '0' };
  return {
    jsonrpc: '2.0',
    id,
    method: 'initialize',
    params: { protocolVersion, capabilities: {}, clientInfo },
  };
}

export const initialized: JsonRpcMessage = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** Whether a session begins with it: `initialize`, or anything of MCP 2026-07-28, which has no sessions. */
export function begins(request: JsonRpcRequest): boolean {
  const { method } = request;
  return method === 'initialize' || method === 'server/discover' || claimedVersion(request) !== undefined;
}

/**
 * An `initialize` without the capabilities that its client cannot have here, whatever it declares: an MCP server would
 * offer what needs them.
 */
export function withoutAsked(request: JsonRpcRequest): JsonRpcRequest {
  const { params } = request;
  const capabilities = params?.['capabilities'];
  if (request.method !== 'initialize' || !isRecord(capabilities)) return request;
  const names: ReadonlySet<string> = new Set(ASKED);
  const left = Object.fromEntries(Object.entries(capabilities).filter(([name]) => !names.has(name)));
  return { ...request, params: { ...params, capabilities: left } };
}
