import { isRecord, metaKeys, metaOf } from '@mcp-nostr/core';

import { oneLine } from '../terminal.ts';
import { packageVersion } from '../version.ts';
import type { McpRequests } from './mcp-requests.ts';
import { serverName } from './server-name.ts';

/** A server as one of MCP's eras shows it. */
export interface Acquaintance {
  versions: string[];
  name: string;
  tools: number;
  firstAnswerMs: number;
  roundTripMs: number;
}

/** A server that always has another page is not asked for ever. */
const MAX_PAGES = 20;

const clientInfo = { name: 'mcp-nostr doctor', version: packageVersion() };

/** MCP 2025-11-25 and earlier. */
export async function initialize(mcp: McpRequests): Promise<Acquaintance> {
  const startedAt = performance.now();
  const result = await mcp.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo,
  });
  const firstAnswerMs = performance.now() - startedAt;
  await mcp.notify('notifications/initialized');
  const { tools, roundTripMs } = await countTools(mcp, result['capabilities'], {});
  const versions = [oneLine(String(result['protocolVersion']), 20)];
  return { versions, name: serverName(result['serverInfo']), tools, firstAnswerMs, roundTripMs };
}

/** MCP 2026-07-28. */
export async function discover(mcp: McpRequests): Promise<Acquaintance> {
  const params = {
    _meta: {
      [metaKeys.protocolVersion]: '2026-07-28',
      [metaKeys.clientCapabilities]: {},
      [metaKeys.clientInfo]: clientInfo,
    },
  };
  const startedAt = performance.now();
  const result = await mcp.request('server/discover', params);
  const firstAnswerMs = performance.now() - startedAt;
  const { tools, roundTripMs } = await countTools(mcp, result['capabilities'], params);
  const { supportedVersions } = result;
  const versions = Array.isArray(supportedVersions)
    ? supportedVersions.map((version) => oneLine(String(version), 20))
    : ['2026-07-28'];
  const serverInfo = metaOf(result)?.[SERVER_INFO] ?? result['serverInfo'];
  return { versions, name: serverName(serverInfo), tools, firstAnswerMs, roundTripMs };
}

/** Where MCP 2026-07-28 has the server's name. */
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

async function countTools(
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
