import { claimedVersion, isRecord, type JsonRpcRequest } from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';
import type { Catalogue, Fields } from './catalogue.ts';
import { type ListMethod, lists } from './lists.ts';

/** The revisions of MCP with `initialize`; the SDKs know all of them. */
const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;

export function requestedVersion({ params }: JsonRpcRequest): string {
  const version = params?.['protocolVersion'];
  return typeof version === 'string' ? version : '';
}

/** Of the host's `initialize` or `server/discover`, in the server's stead. */
export function standIn(
  request: JsonRpcRequest,
  { initialize, discovery }: Catalogue,
  unknown: { name: string; instructions: string },
): Answer {
  const { id, method } = request;
  if (method === 'initialize') {
    const result =
      initialize === undefined
        ? initializeUnknown(request, unknown)
        : initializeFromCatalogue(request, initialize);
    return { jsonrpc: '2.0', id, result };
  }
  if (discovery === undefined) return { jsonrpc: '2.0', id, error: NOT_REACHED };
  if ('error' in discovery) return { jsonrpc: '2.0', id, error: discovery.error };
  return { jsonrpc: '2.0', id, result: withListChanged(discovery.result) };
}

/**
 * Of a server that was never reached nobody knows the era. This error has a host go on with `initialize`, which servers
 * of one era and those of both understand; the other guess would leave the host without any server of the old era.
 */
const NOT_REACHED = { code: -32_601, message: 'the server has not been reached yet; go on with initialize' };

/**
 * The answer to `initialize` from the last known one. The version is what the server chose when it was asked for the
 * same; otherwise what is asked for, if there is such a revision: then the server most likely agrees.
 */
function initializeFromCatalogue(
  request: JsonRpcRequest,
  { requested, result }: NonNullable<Catalogue['initialize']>,
): Fields {
  const asked = requestedVersion(request);
  const isOther = asked !== requested && LEGACY_VERSIONS.some((version) => version === asked);
  return withListChanged(isOther ? { ...result, protocolVersion: asked } : result);
}

/** The answer for a server of which nothing is known: it has everything, and nothing yet. */
function initializeUnknown(
  request: JsonRpcRequest,
  { name, instructions }: { name: string; instructions: string },
): Fields {
  const asked = requestedVersion(request);
  const listChanged = { listChanged: true };
  return {
    protocolVersion: LEGACY_VERSIONS.find((version) => version === asked) ?? LEGACY_VERSIONS[0],
    capabilities: { tools: listChanged, resources: listChanged, prompts: listChanged },
    serverInfo: { name, version: '0' },
    instructions,
  };
}

/** `listChanged` for each list the server has: the bridge says so when the server comes back with others. */
export function withListChanged(result: Fields): Fields {
  if (!isRecord(result['capabilities'])) return result;
  const capabilities: Fields = { ...result['capabilities'] };
  for (const { capability } of Object.values(lists)) {
    const declared = capabilities[capability];
    if (isRecord(declared)) capabilities[capability] = { ...declared, listChanged: true };
  }
  return { ...result, capabilities };
}

/** One page with everything, as a result of the revision that the request is of. */
export function listResult(request: JsonRpcRequest, method: ListMethod, items: readonly Fields[]): Fields {
  const result = { [lists[method].member]: items };
  // MCP 2026-07-28: required of lists. Ours may be old, so it is not to be kept.
  return claimedVersion(request) === undefined
    ? result
    : { ...result, resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
}
