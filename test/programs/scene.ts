import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { Program } from '../conformance/processes.ts';
import type { Theirs } from './install.ts';

/** What is there for all checks. */
export interface Stage {
  /** The bundled `mcp-nostr`. */
  cli: string;
  theirs: Theirs;
  folder: string;
  relayUrl: string;
  /** `serve -- server-everything`, over that relay. */
  everything: string;
}

/** The bearer token of every listener of ours. */
const token = 'a-token-for-the-length-of-a-test';
export const authorization = `Bearer ${token}`;

const START_TIMEOUT_MS = 60_000;

/** The environment of every program, theirs and ours: no settings of whoever runs this. */
export function environment(folder: string): Record<string, string> {
  const home = join(folder, 'home');
  const { PATH = '', HOME = home } = process.env;
  return {
    PATH,
    HOME,
    NO_COLOR: '1',
    MCP_NOSTR_HOME: home,
    MCP_NOSTR_HTTP_TOKEN: token,
    MCP_REMOTE_CONFIG_DIR: join(folder, 'mcp-remote'),
  };
}

/** What one check starts; it ends with the check. */
export class Scene {
  readonly stage: Stage;
  readonly #programs: Program[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /** A program on Node. */
  start(file: string, args: readonly string[], env: Record<string, string> = {}): Program {
    const program = new Program(process.execPath, [file, ...args], {
      folder: this.stage.folder,
      env: { ...environment(this.stage.folder), ...env },
    });
    this.#programs.push(program);
    return program;
  }

  /** One that listens on a port, as soon as it does. */
  async startAt(
    port: number,
    file: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<void> {
    await listening(port, this.start(file, args, env));
  }

  /** `mcp-nostr serve` with a key of its own. Gives the address. */
  async serve(words: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const key = join(this.stage.folder, `${crypto.randomUUID()}.key`);
    const options = ['--public', '--json', '--key', key, '--relay', this.stage.relayUrl];
    const separator = words.indexOf('--');
    const [before, after] =
      separator === -1 ? [words, []] : [words.slice(0, separator), words.slice(separator)];
    const program = this.start(this.stage.cli, ['serve', ...before, ...options, ...after], env);
    return readyAddress(program);
  }

  /** `mcp-nostr connect` as a local endpoint. Gives its URL. */
  async listen(way: 'http' | 'sse' | 'ws', address = this.stage.everything): Promise<string> {
    const program = this.start(this.stage.cli, ['connect', address, `--${way}`, '0']);
    return program.seen((stderr) => /listening on (\S+)\n/.exec(stderr)?.[1]);
  }

  /** A program in the place of a host's server: on stdin and stdout. */
  stdio(file: string, args: readonly string[]): StdioClientTransport {
    return new StdioClientTransport({
      command: process.execPath,
      args: [file, ...args],
      env: environment(this.stage.folder),
      cwd: this.stage.folder,
      stderr: 'ignore',
    });
  }

  async close(): Promise<void> {
    for (const program of this.#programs.toReversed()) await program.close();
  }
}

/** What `serve --json` says when it is ready. */
export async function readyAddress(program: Program): Promise<string> {
  const ready = await said(program, (line) => line['event'] === 'ready');
  return String(ready['address']);
}

/** The first line of stdout, of a program with `--json`, that is the one. */
export async function said(
  program: Program,
  isIt: (line: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const lines = program.stdout.split('\n').slice(0, -1);
    const found = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find(isIt);
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`it does not say that it is ready: ${program.stderr}`);
    await Promise.race([sleep(50), failed(program)]);
  }
}

/** Resolves when somebody listens there. Programs of others do not say so in a way that one could wait for. */
async function listening(port: number, program: Program): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isListening(port))) {
    if (performance.now() > deadline) throw new Error(`nobody listens on ${port}: ${program.stderr}`);
    await Promise.race([sleep(50), failed(program)]);
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Rejects when it ends. */
async function failed(program: Program): Promise<never> {
  const { exitCode, stdout, stderr } = await program.ended;
  throw new Error(`it ended with ${exitCode}: ${stdout}${stderr}`);
}
