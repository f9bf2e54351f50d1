import { NostrClientTransport } from '@mcp-nostr/client';
import { generateSecretKey, isRecord, metaKeys, metaOf, secretKeySigner } from '@mcp-nostr/core';

import type { ResolvedServer } from '../address-book/resolve-address.ts';
import { CliError, exitCodes } from '../errors.ts';
import { openSigner, type OpenedKey, firstAnswerTimeoutMs } from '../keys/open-signer.ts';
import { McpRequestError, McpRequests } from '../mcp-requests.ts';
import { packageVersion } from '../version.ts';
import { TooSlow } from '../within.ts';

/** A server as it shows itself when it is asked. */
export interface AskedServer {
  serverInfo: unknown;
  versions: string[];
  tools: Record<string, unknown>[];
  firstAnswerMs: number;
  /** How its messages travel. */
  peer: 'link' | 'contextvm' | undefined;
}

const CLIENT = { name: 'mcp-nostr info', version: packageVersion() };
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
/** A server that always has another page is not asked for ever. */
const MAX_PAGES = 20;
/** What a server of the modern era alone answers who asks in an older one. */
const UNSUPPORTED_VERSION = -32_022;

export interface Question {
  server: ResolvedServer;
  relays: string[];
  /** Who asks, if not somebody whom nobody knows. */
  key: string | undefined;
  encryption: 'required' | 'none';
  /** Seconds, for each answer. */
  timeout: number;
}

/**
 * Gets to know a server in the era that it speaks.
 * @throws {McpRequestError} @throws {TransportError} @throws {TooSlow}
 */
export async function askServer(question: Question): Promise<AskedServer> {
  const { server, relays, encryption, timeout } = question;
  const key =
    question.key === undefined ? undefined : await openSigner({ given: question.key, role: 'client' });
  const transport = new NostrClientTransport({
    server: server.address,
    relays,
    encryption,
    signer: key?.signer ?? secretKeySigner(generateSecretKey()),
    ...key?.sessionAt(server.pubkey),
  });
  try {
    const mcp = new McpRequests(transport, {
      timeoutMs: timeoutMs(key, timeout * 1_000),
      signal: new AbortController().signal,
    });
    await transport.start();
    return { ...(await getToKnow(mcp)), peer: transport.peer };
  } catch (error) {
    if (!(error instanceof TooSlow)) throw error;
    throw new CliError('timed_out', exitCodes.timedOut, `the server has not answered: ${error.message}`, {
      hint: '--timeout <seconds> waits longer',
      cause: error,
    });
  } finally {
    void transport.close(); // it never rejects, and its goodbye need not be waited for
    await key?.close();
  }
}

function timeoutMs(key: OpenedKey | undefined, ms: number): number {
  return key === undefined ? ms : firstAnswerTimeoutMs(key, ms);
}

type Acquaintance = Omit<AskedServer, 'peer'>;

async function getToKnow(mcp: McpRequests): Promise<Acquaintance> {
  try {
    return await initialize(mcp);
  } catch (error) {
    if (error instanceof McpRequestError && error.code === UNSUPPORTED_VERSION) return discover(mcp);
    throw error;
  }
}

async function initialize(mcp: McpRequests): Promise<Acquaintance> {
  const startedAt = performance.now();
  const result = await mcp.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: CLIENT,
  });
  const firstAnswerMs = performance.now() - startedAt;
  await mcp.notify('notifications/initialized');
  return {
    serverInfo: result['serverInfo'],
    versions: [String(result['protocolVersion'])],
    tools: await allTools(mcp, result['capabilities'], {}),
    firstAnswerMs,
  };
}

async function discover(mcp: McpRequests): Promise<Acquaintance> {
  const params = {
    _meta: {
      [metaKeys.protocolVersion]: '2026-07-28',
      [metaKeys.clientCapabilities]: {},
      [metaKeys.clientInfo]: CLIENT,
    },
  };
  const startedAt = performance.now();
  const result = await mcp.request('server/discover', params);
  const firstAnswerMs = performance.now() - startedAt;
  const { supportedVersions } = result;
  return {
    serverInfo: metaOf(result)?.[SERVER_INFO] ?? result['serverInfo'],
    versions: Array.isArray(supportedVersions) ? supportedVersions.map(String) : ['2026-07-28'],
    tools: await allTools(mcp, result['capabilities'], params),
    firstAnswerMs,
  };
}

async function allTools(
  mcp: McpRequests,
  capabilities: unknown,
  params: Record<string, unknown>,
): Promise<Record<string, unknown>[]> {
  if (!isRecord(capabilities) || capabilities['tools'] === undefined) return [];
  let tools: Record<string, unknown>[] = [];
  let cursor: unknown;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await mcp.request('tools/list', cursor === undefined ? params : { ...params, cursor });
    if (Array.isArray(answer['tools'])) tools = tools.concat(answer['tools'].filter(isRecord));
    cursor = answer['nextCursor'];
    if (typeof cursor !== 'string') break;
  }
  return tools;
}
