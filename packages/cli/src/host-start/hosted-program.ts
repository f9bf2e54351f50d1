import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';

import { isRequest, type JsonRpcMessage, type JsonRpcRequest, parseJsonRpc } from '@mcp-nostr/core';

import type { ClientTransport } from '../client-transport.ts';
import { formatLine, LineReader } from '../json-lines.ts';
import { ProcessGroup } from '../serve/child/process-group.ts';
import { Watchdog } from '../serve/child/watchdog.ts';
import { oneLine } from '../terminal.ts';

/** What a host starts, in the environment that it gives to it. */
export interface Program {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** More of what it says on stderr is not needed to see why it ended. */
const MAX_STDERR_LENGTH = 4_000;

/** A program as its host has it: started by a command, spoken to on its stdin and stdout, and not to stay behind. */
export class HostedProgram implements ClientTransport {
  onmessage: ClientTransport['onmessage'];
  /** Rejects when no answer can come any more: it has ended, or writes what is no JSON-RPC. */
  readonly failed: Promise<never>;
  readonly #program: Program;
  readonly #watchdog = new Watchdog(() => undefined);
  #fail: (error: Error) => void = () => undefined;
  #child: ChildProcessWithoutNullStreams | undefined;
  #group: ProcessGroup | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #stderr = '';

  constructor(program: Program) {
    this.#program = program;
    this.failed = new Promise((_, reject) => (this.#fail = reject));
    this.failed.catch(() => undefined); // Nobody may be waiting.
  }

  /** The last of what it has written on stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** @throws {Error} of Node when it does not start */
  async start(): Promise<void> {
    const { command, args, env } = this.#program;
    const child = spawn(command, args, { env, cwd: homedir(), detached: true, windowsHide: true });
    child.on('error', () => undefined); // The one that ends the start is thrown below.
    await once(child, 'spawn');
    this.#child = child;
    this.#group = new ProcessGroup(child);
    // A terminal's Ctrl-C reaches us and not its group.
    if (this.#group.id !== undefined) this.#watchdog.guard(this.#group.id);
    this.#exited = once(child, 'exit').catch(() => undefined);
    child.stdin.on('error', () => undefined); // The exit that follows says more than this EPIPE.
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_LENGTH);
    });
    const reader = new LineReader({
      online: (line) => this.#receive(line),
      ontoolong: () => this.#fail(new Error('one of its lines has no end')),
    });
    child.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
    // Not `exit`: what it has said last is still to come then.
    child.once('close', (code, signal) => {
      this.#fail(new Error(`it ended with ${code === null ? String(signal) : `exit code ${code}`}`));
    });
  }

  async send(message: JsonRpcMessage): Promise<void> {
    this.#child?.stdin.write(formatLine(message));
  }

  /** Ends its input, as hosts do; resolves when it has gone of its own accord. */
  async leave(): Promise<void> {
    this.#fail = () => undefined; // From here on an end is what is wanted.
    this.#child?.stdin.end();
    await this.#exited;
  }

  /** Nothing of it is left, whatever it is doing. */
  async close(): Promise<void> {
    this.#group?.kill();
    if (this.#group?.id !== undefined) this.#watchdog.release(this.#group.id);
    this.#watchdog.close();
    // What has left its group on purpose may still hold these.
    for (const stream of this.#child?.stdio ?? []) stream?.destroy();
  }

  #receive(line: string): void {
    let message: JsonRpcMessage;
    try {
      message = parseJsonRpc(JSON.parse(line));
    } catch {
      return this.#fail(new Error(`one of its lines is no JSON-RPC: ${oneLine(line, 80)}`));
    }
    if (isRequest(message)) void this.send(answerTo(message));
    else this.onmessage?.(message);
  }
}

/** A host without any capabilities. */
function answerTo({ id, method }: JsonRpcRequest): JsonRpcMessage {
  if (method === 'ping') return { jsonrpc: '2.0', id, result: {} };
  return { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } };
}
