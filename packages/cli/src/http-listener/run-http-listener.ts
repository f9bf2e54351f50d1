import { randomBytes } from 'node:crypto';

import { CliError, exitCodes, usageError } from '../errors.ts';
import { exitAfter, type StopSignal } from '../shutdown.ts';
import type { Log, OpenTransport } from '../client-transport.ts';
import { hideSecret } from '../log/redact.ts';
import { type HttpListener, type HttpListenerOptions, startHttpListener } from './http-listener.ts';
import type { Way } from './ways.ts';

/** A token of the user's own, so that the hosts' configurations outlive a restart. */
const TOKEN_VARIABLE = 'MCP_NOSTR_HTTP_TOKEN';
/** The server is told goodbye, if that is quick. */
const CLOSE_LIMIT_MS = 1_800;
/** Shorter ones are guessed. */
const MIN_TOKEN_LENGTH = 16;

export interface RunHttpListenerOptions {
  open: OpenTransport;
  /** The same as a host over SSE or WebSocket has it. */
  openHost: OpenTransport;
  port: number;
  ways: readonly Way[];
  /** False: everybody on this machine may call. */
  token: boolean;
  corsOrigins: readonly string[];
  stopped: Promise<StopSignal>;
  log: Log;
}

/** `connect --http`, `--sse`, `--ws`: listens until it is asked to stop. */
export async function runHttpListener(options: RunHttpListenerOptions): Promise<void> {
  const { open, openHost, port, ways, corsOrigins, stopped, log } = options;
  const given = process.env[TOKEN_VARIABLE] || undefined;
  if (given !== undefined && !isToken(given))
    throw usageError(
      `${TOKEN_VARIABLE} is shorter than ${MIN_TOKEN_LENGTH} characters or has some that a bearer token cannot have`,
      'take what this prints: openssl rand -hex 24',
    );
  const token = options.token ? (given ?? randomBytes(24).toString('base64url')) : undefined;
  if (token !== undefined) hideSecret(token);
  const listener = await listen(port, { open, openHost, ways, token, corsOrigins, onlog: log });
  for (const url of listener.urls) log(`listening on ${url}`);
  if (token === undefined) log('without a token: every program on this machine can call as this key');
  // Past the log, which hides it: whoever starts this needs it, and has it from here alone.
  else if (given === undefined) process.stderr.write(`mcp-nostr: header: Authorization: Bearer ${token}\n`);
  else log(`header: Authorization: Bearer $${TOKEN_VARIABLE}`);
  await stopped;
  exitAfter(CLOSE_LIMIT_MS);
  await listener.close();
}

/** RFC 6750, section 2.1. */
function isToken(text: string): boolean {
  return text.length >= MIN_TOKEN_LENGTH && /^[\w.~+/-]+=*$/.test(text);
}

async function listen(port: number, options: Omit<HttpListenerOptions, 'port'>): Promise<HttpListener> {
  try {
    return await startHttpListener({ ...options, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw portError('port_in_use', `port ${port} is in use on this machine`, options.ways, error);
    if (code === 'EACCES')
      throw portError('port_not_allowed', `port ${port} is not allowed to this user`, options.ways, error);
    throw error;
  }
}

function portError(
  code: 'port_in_use' | 'port_not_allowed',
  message: string,
  [way = 'http']: readonly Way[] = [],
  cause: unknown,
): CliError {
  const hint = `give another one, or 0 for any free one: --${way} 0`;
  return new CliError(code, exitCodes.usage, message, { hint, cause });
}
