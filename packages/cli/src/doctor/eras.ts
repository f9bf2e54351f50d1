import { isRecord, metaKeys, metaOf } from '@mcp-nostr/core';

import { countTools } from '../host-start/count-tools.ts';
import type { McpRequests } from '../mcp-requests.ts';
import { oneLine } from '../terminal.ts';
import { packageVersion } from '../version.ts';
import { serverName } from './server-name.ts';

/** A server as one of MCP's eras shows it. */
export interface Acquaintance {
  versions: string[];
  name: string;
  /** What it calls itself, and no more. */
  ownName: string | undefined;
  tools: number;
  firstAnswerMs: number;
  roundTripMs: number;
}

const doctor = 'mcp-nostr doctor';

/** MCP 2025-11-25 and earlier. */
export async function initialize(mcp: McpRequests, clientName: string = doctor): Promise<Acquaintance> {
  const startedAt = performance.now();
  const result = await mcp.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: clientName, version: packageVersion() },
  });
  const firstAnswerMs = performance.now() - startedAt;
  await mcp.notify('notifications/initialized');
  const { tools, roundTripMs } = await countTools(mcp, result['capabilities'], {});
  const versions = [oneLine(String(result['protocolVersion']), 20)];
  return { versions, ...names(result['serverInfo']), tools, firstAnswerMs, roundTripMs };
}

/** MCP 2026-07-28. */
export async function discover(mcp: McpRequests, clientName: string = doctor): Promise<Acquaintance> {
  const params = {
    _meta: {
      [metaKeys.protocolVersion]: '2026-07-28',
      [metaKeys.clientCapabilities]: {},
      [metaKeys.clientInfo]: { name: clientName, version: packageVersion() },
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
  const serverInfo = metaOf(result)?.[metaKeys.serverInfo] ?? result['serverInfo'];
  return { versions, ...names(serverInfo), tools, firstAnswerMs, roundTripMs };
}

function names(serverInfo: unknown): Pick<Acquaintance, 'name' | 'ownName'> {
  const name = isRecord(serverInfo) ? serverInfo['name'] : undefined;
  return { name: serverName(serverInfo), ownName: typeof name === 'string' ? name : undefined };
}

/** Where MCP 2026-07-28 has the server's name. */
