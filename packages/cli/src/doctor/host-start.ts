import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { isRecord } from '@mcp-nostr/core';

import { describeError, type ErrorReport } from '../errors.ts';
import { lastWords } from '../install/last-words.ts';
import { serverProbe, withoutAdvice } from '../install/server-probe.ts';
import { findCommand } from '../serve/find-command.ts';
import { ProcessGroup } from '../serve/child/process-group.ts';
import { formatLine, LineReader } from '../json-lines.ts';
import { oneLine } from '../terminal.ts';
import { packageVersion } from '../version.ts';
import type { ConfiguredEntry } from './host-configs.ts';
import { serverName } from './server-name.ts';
import { within } from './within.ts';

export interface StartLimits {
  timeoutMs: number;
  signal: AbortSignal;
}

export interface Started {
  /** What the host would show. */
  name: string;
  /** Why the server itself was not reached, where it was not: the host was answered from memory. */
  absence: ErrorReport | undefined;
  answeredMs: number;
  /** From the end of its input to its end. */
  endedMs: number;
}

const ENDED_WITHIN_MS = 5_000;
const MAX_LOG = 2_000;

/**
 * Starts exactly this command, says `initialize` to it, asks for the server behind it and lets it go, as its host does.
 * @throws {Error} in words
 */
export async function startAsHost(
  { command, args, env }: ConfiguredEntry,
  limits: StartLimits,
): Promise<Started> {
  const startedAt = performance.now();
  const child = await started(command, args, env);
  const group = new ProcessGroup(child);
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-MAX_LOG)));
  try {
    const answers = answersOf(child, exited);
    const ask = (message: object, id: number): Promise<Record<string, unknown>> => {
      child.stdin.write(formatLine(message));
      return within(limits.timeoutMs, limits.signal, answers(id));
    };
    const { result, error } = await ask(initialize, 1);
    if (isRecord(error))
      throw new Error(`it answered with an error: ${oneLine(String(error['message']), 300)}`);
    const name = serverName(isRecord(result) ? result['serverInfo'] : undefined);
    const answeredMs = performance.now() - startedAt;
    child.stdin.write(formatLine({ jsonrpc: '2.0', method: 'notifications/initialized' }));
    const absence = absenceIn(await ask({ jsonrpc: '2.0', id: 2, ...serverProbe }, 2));
    const closedAt = performance.now();
    child.stdin.end();
    await within(ENDED_WITHIN_MS, limits.signal, exited);
    return { name, absence, answeredMs, endedMs: performance.now() - closedAt };
  } catch (error) {
    const last = lastWords(log);
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(last === '' ? message : `${message}; it said: ${last}`, { cause: error });
  } finally {
    group.kill();
  }
}

/** The answer with an id, which may come among other messages. */
function answersOf(
  child: ChildProcessWithoutNullStreams,
  exited: Promise<unknown[]>,
): (id: number) => Promise<Record<string, unknown>> {
  let waiting: { online: (line: string) => void; fail: (error: Error) => void } | undefined;
  const reader = new LineReader({
    online: (line) => waiting?.online(line),
    ontoolong: () => waiting?.fail(new Error('one of its lines has no end')),
  });
  child.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
  return (id) =>
    new Promise((resolve, reject) => {
      const online = (line: string): void => {
        const message = readLine(line);
        if (message === undefined) reject(new Error(`one of its lines is no JSON-RPC: ${oneLine(line, 80)}`));
        else if (message['id'] === id && message['method'] === undefined) resolve(message);
      };
      waiting = { online, fail: reject };
      exited.then(([code]) => reject(new Error(`it ended with exit code ${String(code)}`)), reject);
    });
}

function readLine(line: string): Record<string, unknown> | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return isRecord(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** A failure of the way has a name; what the server itself says has none, and shows that it is there. */
function absenceIn({ error }: Record<string, unknown>): ErrorReport | undefined {
  if (!isRecord(error)) return undefined;
  const { message, data } = error;
  const report = describeError(Object.assign(new Error(withoutAdvice(String(message))), { data }));
  return report.code === 'unexpected' ? undefined : report;
}

/** @throws {Error} of Node when it does not start */
async function started(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn(command, args, { env, detached: true, windowsHide: true });
  child.on('error', () => undefined); // The one that ends the start is thrown below.
  await once(child, 'spawn');
  child.stdin.on('error', () => undefined); // The exit that follows says more than this EPIPE.
  return child;
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'mcp-nostr doctor', version: packageVersion() },
  },
};

/** The version of Node that a command runs on: its own if it is one, else the one beside it. */
export async function nodeVersionOf(
  file: string,
  env: NodeJS.ProcessEnv,
  { timeoutMs, signal }: StartLimits,
): Promise<string | undefined> {
  const beside = findCommand(join(dirname(file), 'node')) ?? findCommand('node', env);
  const node = /(^|[/\\])node(\.exe)?$/.test(file) ? file : beside;
  if (node === undefined) return undefined;
  try {
    const run = promisify(execFile)(node, ['--version'], { timeout: timeoutMs, signal, cwd: homedir() });
    const { stdout } = await run;
    return stdout.trim().replace(/^v/, '');
  } catch {
    return undefined;
  }
}
