import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { isRecord } from '@mcp-nostr/core';

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
  answeredMs: number;
  /** From the end of its input to its end. */
  endedMs: number;
}

const ENDED_WITHIN_MS = 5_000;
const MAX_LOG = 2_000;

/** Starts exactly this command, says `initialize` to it and lets it go, as its host does. @throws {Error} in words */
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
    const first = new Promise<string>((resolve, reject) => {
      const reader = new LineReader({
        online: resolve,
        ontoolong: () => reject(new Error('its first line has no end')),
      });
      child.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
      exited.then(
        ([code]: unknown[]) => reject(new Error(`it ended with exit code ${String(code)}`)),
        reject,
      );
    });
    child.stdin.write(formatLine(initialize));
    const name = nameIn(await within(limits.timeoutMs, limits.signal, first));
    const answeredMs = performance.now() - startedAt;
    const closedAt = performance.now();
    child.stdin.end();
    await within(ENDED_WITHIN_MS, limits.signal, exited);
    return { name, answeredMs, endedMs: performance.now() - closedAt };
  } catch (error) {
    const last = log.trim().split('\n').at(-1) ?? '';
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(last === '' ? message : `${message}; it said: ${oneLine(last, 200)}`, { cause: error });
  } finally {
    group.kill();
  }
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

function nameIn(line: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch (error) {
    throw new Error(`its first line is no JSON-RPC: ${oneLine(line, 80)}`, { cause: error });
  }
  const { result, error } = isRecord(answer) ? answer : {};
  if (isRecord(error))
    throw new Error(`it answered with an error: ${oneLine(String(error['message']), 300)}`);
  return serverName(isRecord(result) ? result['serverInfo'] : undefined);
}

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
