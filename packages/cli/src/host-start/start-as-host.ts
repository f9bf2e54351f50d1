import { isFailureCode, isRecord } from '@mcp-nostr/core';

import { CliError, type CliErrorCode, describeError, exitCodes } from '../errors.ts';
import { McpRequestError, McpRequests } from '../mcp-requests.ts';
import { packageVersion } from '../version.ts';
import { within } from '../within.ts';
import { countTools } from './count-tools.ts';
import { HostedProgram, type Program } from './hosted-program.ts';
import { lastWords } from './last-words.ts';
import { QUESTION, type Questioned, questionsFor } from './server-question.ts';

/** What a host finds when it starts an entry. */
export interface Started {
  serverName: string | undefined;
  serverTitle: string | undefined;
  serverVersion: string | undefined;
  tools: number;
  /** From the start of the process to its answer to `initialize`. */
  answeredMs: number;
  /** From the start of the process to the list of tools. */
  durationMs: number;
  /** From the end of its input to its own end; undefined when it had to be killed. */
  endedMs: number | undefined;
  /** The servers behind the entry, each asked itself. */
  servers: Presence[];
}

export interface Presence extends Questioned {
  /** Why it was not reached, where it was not: the host was answered from memory. */
  absence: CliError | undefined;
}

export interface StartLimits {
  /** For each answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** Some hosts wait no longer for a server to start. */
export const HOST_PATIENCE_MS = 30_000;
/** Hosts wait a few seconds at most before they kill. */
const ENDED_WITHIN_MS = 5_000;

/**
 * Starts an entry exactly as its host does, asks for the servers behind it, counts the tools, and lets it go. Nothing of
 * it stays behind.
 * @throws {CliError} `start_failed`, `timed_out`, or what the entry itself answers, such as `not_allowed`
 */
export async function startAsHost(program: Program, limits: StartLimits): Promise<Started> {
  const startedAt = performance.now();
  const hosted = new HostedProgram(program);
  const over = new AbortController();
  const signal = AbortSignal.any([limits.signal, over.signal]);
  const mcp = new McpRequests(hosted, { timeoutMs: limits.timeoutMs, signal });
  try {
    await hosted.start();
    return await Promise.race([hosted.failed, getToKnow()]);
  } catch (error) {
    throw startFailure(error, hosted.stderr);
  } finally {
    over.abort();
    await hosted.close();
  }

  async function getToKnow(): Promise<Started> {
    const { serverInfo, capabilities } = await mcp.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'mcp-nostr', version: packageVersion() },
    });
    const answeredMs = performance.now() - startedAt;
    await mcp.notify('notifications/initialized');
    const questions = questionsFor(program.args);
    const servers = await Promise.all(
      questions.map(async (each) => ({ ...each, absence: await absenceOf(mcp, each) })),
    );
    const { tools } = await countTools(mcp, capabilities, {});
    const durationMs = performance.now() - startedAt;
    const closedAt = performance.now();
    const hasLeft = await within(ENDED_WITHIN_MS, signal, hosted.leave()).then(
      () => true,
      () => false,
    );
    const endedMs = hasLeft ? performance.now() - closedAt : undefined;
    return { ...namesIn(serverInfo), tools, answeredMs, durationMs, endedMs, servers };
  }
}

/** A failure of the way has a name; what the server itself says has none, and shows that it is there. */
async function absenceOf(mcp: McpRequests, { params }: Questioned): Promise<CliError | undefined> {
  if (params === undefined) return undefined;
  try {
    await mcp.request(QUESTION, params);
    return undefined;
  } catch (error) {
    return namedFailure(error);
  }
}

function namedFailure(error: unknown): CliError | undefined {
  const { code, message, exitCode } = describeError(error);
  const options = { cause: error };
  if (code === 'timed_out') return new CliError(code, exitCodes.timedOut, message, options);
  if (!isFailureCode(code)) return undefined;
  // What `connect` answers in a server's place ends in a command; who reads this has one of its own to propose.
  return new CliError(code, exitCode, message.replace(/ To find out more: .*$/s, ''), options);
}

function startFailure(error: unknown, said: string): CliError {
  const named = namedFailure(error);
  if (named !== undefined && named.code !== 'timed_out') return named;
  const message = named?.message ?? describeError(error).message;
  const code: CliErrorCode = named?.code ?? 'start_failed';
  const what = error instanceof McpRequestError ? `it answered with an error: ${message}` : message;
  // The last line of a process that ended says why.
  const last = lastWords(said);
  return new CliError(
    code,
    named?.exitCode ?? exitCodes.unexpected,
    last === '' ? what : `${what}; it said: ${last}`,
    { cause: error },
  );
}

type Names = Pick<Started, 'serverName' | 'serverTitle' | 'serverVersion'>;

function namesIn(serverInfo: unknown): Names {
  const { name, title, version } = isRecord(serverInfo) ? serverInfo : {};
  return { serverName: textOf(name), serverTitle: textOf(title), serverVersion: textOf(version) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
