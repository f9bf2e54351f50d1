import type { ChildProcessWithoutNullStreams } from 'node:child_process';

import {
  cancelledId,
  failureResponse,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  parseJsonRpc,
  progressToken,
  type RequestId,
} from '@mcp-nostr/core';

import { formatLine, LineReader } from '../json-lines.ts';
import { oneLine } from '../terminal.ts';
import { ProcessGroup } from './process-group.ts';
import { type ChildCommand, startChild } from './start-child.ts';

/** What a stdio server needs of a transport: a part of the SDK's `Transport`. */
export interface ServerTransport {
  start(): Promise<void>;
  send(message: JsonRpcMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void>;
  close(): Promise<void>;
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
}

export interface ChildServerOptions extends ChildCommand {
  /** A line of the child's stderr, or a complaint about its stdout, without control characters. */
  onlog: (line: string) => void;
  /** The child and all that it started are gone. */
  ongone?: () => void;
  /** How long SIGTERM may take before SIGKILL follows. @default 2000 */
  graceMs?: number;
}

/** Messages on their way to the relays; above this the child has to wait. */
const MAX_SENDING = 64;
/** What the child has not read yet; above this it is taken for stuck. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
/** After the child has exited, what it wrote last is still read, unless a grandchild holds the pipe. */
const DRAIN_MS = 300;
const MAX_LOG_LINE_LENGTH = 2_000;

/** A program that speaks MCP on stdin and stdout, for one connection. Messages pass through as they are. */
export class ChildServer {
  /** The program answers for itself which versions of MCP it speaks. */
  readonly decidesVersion = true;
  readonly #options: ChildServerOptions;
  /** Requests of the client that the child has not answered, each with its progress token. */
  readonly #pending: Map<RequestId, unknown> = new Map();
  #child: ChildProcessWithoutNullStreams | undefined;
  #group: ProcessGroup | undefined;
  #transport: ServerTransport | undefined;
  #sending = 0;
  /** What the child said last on stderr, and last of an error: the line after a stack trace is seldom the reason. */
  #lastLine = '';
  #lastError = '';
  #closing: Promise<void> | undefined;

  constructor(options: ChildServerOptions) {
    this.#options = options;
  }

  /** @throws {Error} when the program does not start; the message is for the caller */
  async connect(transport: ServerTransport): Promise<void> {
    const child = await this.#start();
    if (this.#closing !== undefined) {
      this.kill();
      throw new Error('the connection was closed');
    }
    this.#transport = transport;
    transport.onmessage = (message) => this.#toChild(message);
    transport.onclose = () => void this.close(); // it never rejects
    this.#readStreams(child);
    await transport.start();
  }

  /** Ends the child and all that it started. Never rejects. */
  close(): Promise<void> {
    // Later, not now: closing the transport comes back here through its onclose.
    this.#closing ??= Promise.resolve().then(() => this.#stop());
    return this.#closing;
  }

  /** For the last moment of this process: no waiting, no farewell. */
  kill(): void {
    this.#group?.kill();
  }

  async #start(): Promise<ChildProcessWithoutNullStreams> {
    try {
      const child = await startChild(this.#options);
      this.#child = child;
      this.#group = new ProcessGroup(child);
      return child;
    } catch (error) {
      this.#options.ongone?.();
      throw error;
    }
  }

  #readStreams(child: ChildProcessWithoutNullStreams): void {
    const output = new LineReader({
      online: (line) => this.#fromChild(line),
      ontoolong: () => this.#log('a line on stdout was too long and was skipped'),
    });
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stdout.on('end', () => output.end());
    const log = new LineReader({
      online: (line) => this.#onstderr(line),
      ontoolong: () => undefined,
      maxLineBytes: 64 * 1024,
    });
    child.stderr.on('data', (chunk: Buffer) => log.push(chunk));
    child.stderr.on('end', () => log.end());
    const ended = (): void => void this.#ended(child); // it never rejects
    child.once('close', ended);
    child.once('exit', () => setTimeout(ended, DRAIN_MS));
    child.stdout.once('end', () => setTimeout(ended, DRAIN_MS));
  }

  #toChild(message: JsonRpcMessage): void {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || this.#closing !== undefined) return;
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#pending.delete(cancelled);
    if (stdin.writableLength > MAX_UNREAD_BYTES) {
      this.#log('it does not read its stdin; a message was dropped');
      if (isRequest(message)) this.#send(failureResponse(message.id, 'busy', 'the server does not keep up'));
      return;
    }
    if (isRequest(message)) this.#pending.set(message.id, progressToken(message));
    stdin.write(formatLine(message));
  }

  #fromChild(line: string): void {
    let message: JsonRpcMessage;
    try {
      message = parseJsonRpc(JSON.parse(line));
    } catch {
      this.#log(`not a JSON-RPC message on stdout, skipped: ${oneLine(line, 200)}`);
      return;
    }
    if (isResponse(message) && message.id !== undefined) this.#pending.delete(message.id);
    this.#send(message, this.#requestOf(message));
  }

  /** The request that a progress notification belongs to: late progress must not reach a host that has its answer. */
  #requestOf(message: JsonRpcMessage): RequestId | undefined {
    if (!('method' in message) || message.method !== 'notifications/progress') return undefined;
    const token = message.params?.['progressToken'];
    for (const [id, ofRequest] of this.#pending) if (token !== undefined && ofRequest === token) return id;
    return undefined;
  }

  #send(message: JsonRpcMessage, relatedRequestId?: RequestId): void {
    const stdout = this.#child?.stdout;
    this.#sending += 1;
    if (this.#sending >= MAX_SENDING) stdout?.pause();
    void this.#transport
      ?.send(message, { relatedRequestId })
      .catch((error: unknown) => {
        if (this.#closing === undefined) this.#log(`a message could not be sent: ${String(error)}`);
      })
      .finally(() => {
        this.#sending -= 1;
        if (this.#sending < MAX_SENDING) stdout?.resume();
      });
  }

  #log(line: string): void {
    const text = oneLine(line, MAX_LOG_LINE_LENGTH);
    if (text !== '') this.#options.onlog(text);
  }

  #onstderr(line: string): void {
    this.#lastLine = line;
    if (/error|fatal|panic|not found|denied/i.test(line)) this.#lastError = line;
    this.#log(line);
  }

  /** The child ended by itself: whoever waits for an answer is told why none comes. */
  async #ended({ exitCode, signalCode }: ChildProcessWithoutNullStreams): Promise<void> {
    if (this.#closing !== undefined) return;
    const how =
      signalCode !== null
        ? `was ended by ${signalCode}`
        : exitCode !== null
          ? `ended with exit code ${exitCode}`
          : 'closed its output';
    const reason = oneLine(this.#lastError || this.#lastLine, 300);
    const last = reason === '' ? '' : `: ${reason}`;
    const answers = [...this.#pending.keys()].map((id) =>
      failureResponse(id, 'server_failed', `the server's program ${how}${last}`),
    );
    this.#log(`the program ${how}`);
    this.#pending.clear();
    this.#closing = Promise.allSettled(answers.map(async (answer) => this.#transport?.send(answer))).then(
      () => this.#stop(),
    );
    await this.#closing;
  }

  async #stop(): Promise<void> {
    this.#child?.stdin.destroy();
    await Promise.allSettled([this.#group?.stop(this.#options.graceMs ?? 2_000), this.#transport?.close()]);
    // A grandchild outside the group may still hold these; nobody reads them any more.
    this.#child?.stdout.destroy();
    this.#child?.stderr.destroy();
    this.#options.ongone?.();
  }
}
