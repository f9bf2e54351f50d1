import { homedir } from 'node:os';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ErrorCode, McpError, ResultSchema } from '@modelcontextprotocol/sdk/types.js';

import { CliError, describeError, exitCodes } from '../errors.ts';
import { packageVersion } from '../version.ts';
import { lastWords } from './last-words.ts';
import type { HostEntry } from './own-entry.ts';
import { serverProbe } from './server-probe.ts';
import { desktopEnvironment } from './written-entry.ts';

/** What a host finds when it starts an entry. */
export interface Started {
  serverName: string | undefined;
  serverTitle: string | undefined;
  serverVersion: string | undefined;
  tools: number;
  /** From the start of the process to the list of tools. */
  durationMs: number;
}

/** Hosts give a server this long or longer to answer; after that something is wrong. */
const START_LIMIT_MS = 30_000;
/** As a number, as errors have it. */
const CONNECTION_CLOSED: number = ErrorCode.ConnectionClosed;
/** More of what it says on stderr is not needed to see why it ended. */
const MAX_STDERR_CHARACTERS = 4_000;

/**
 * Starts an entry exactly as a host does, in the environment of an application that was started from the desktop, and talks
 * to the server behind it.
 * @throws {CliError} with the code of what failed, such as `server_silent`
 */
export async function startAsHost({ command, args }: HostEntry): Promise<Started> {
  const startedAt = performance.now();
  const transport = new StdioClientTransport({
    command,
    args,
    env: desktopEnvironment(),
    cwd: homedir(),
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-MAX_STDERR_CHARACTERS);
  });
  const client = new Client({ name: 'mcp-nostr install', version: packageVersion() });
  try {
    const request = { timeout: START_LIMIT_MS };
    await client.connect(transport, request);
    await reachServer(client);
    const { tools } =
      client.getServerCapabilities()?.tools === undefined
        ? { tools: [] }
        : await client.listTools({}, request);
    const server = client.getServerVersion();
    return {
      serverName: server?.name,
      serverTitle: server?.title,
      serverVersion: server?.version,
      tools: tools.length,
      durationMs: performance.now() - startedAt,
    };
  } catch (error) {
    throw startFailure(error, said);
  } finally {
    await client.close();
  }
}

/** Whatever the server itself says, it is there. */
async function reachServer(client: Client): Promise<void> {
  try {
    await client.request(serverProbe, ResultSchema, { timeout: START_LIMIT_MS });
  } catch (error) {
    const isAnswer = error instanceof McpError && error.code !== CONNECTION_CLOSED;
    // A failure of the way, or a time-out, has a name; what the server itself says has none.
    if (!isAnswer || describeError(error).code !== 'unexpected') throw error;
  }
}

function startFailure(error: unknown, said: string): unknown {
  const report = describeError(error);
  if (report.code !== 'unexpected') return error;
  // The last line of a process that ended says why.
  const last = lastWords(said);
  const message = last === '' ? report.message : `${report.message}: ${last}`;
  return new CliError('start_failed', exitCodes.unexpected, message, { cause: error });
}
