import type { ChildProcessWithoutNullStreams } from 'node:child_process';

import { failureResponse, type JsonRpcMessage, parseJsonRpc } from '@mcp-nostr/core';

import { formatLine, LineReader } from '../../json-lines.ts';
import { shownLine } from '../../log/redact.ts';
import { oneLine } from '../../terminal.ts';
import { answeredId } from './answered-id.ts';
import { limits } from './limits.ts';
import { ProcessGroup } from './process-group.ts';

export interface ChildEvents {
  onmessage: (message: JsonRpcMessage) => void;
  /** A line of its stderr, or a complaint about its stdout, without control characters. */
  onlog: (line: string) => void;
  /** It ended by itself, and how: `ended with exit code 3: no disk`. */
  onended: (how: string) => void;
}

/** A program that runs and speaks MCP on stdin and stdout. */
export class Child {
  readonly group: ProcessGroup;
  readonly startedAt: number = performance.now();
  /** Resolves when it has said something, or has ended. */
  readonly spoken: Promise<void>;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #events: ChildEvents;
  #onspoken: (() => void) | undefined;
  #hasSpoken = false;
  /**
   * What it said last on stderr, and last of an error: the line after a stack trace is seldom the reason. Without secrets,
   * because callers read it.
   */
  #lastLine = '';
  #lastError = '';
  #hasEnded = false;
  #stopping: Promise<void> | undefined;

  constructor(process: ChildProcessWithoutNullStreams, events: ChildEvents) {
    this.#process = process;
    this.#events = events;
    this.group = new ProcessGroup(process);
    this.spoken = new Promise((resolve) => (this.#onspoken = resolve));
    this.#readStreams();
  }

  /** Whether a message of it could be read: it got as far as MCP. */
  get hasSpoken(): boolean {
    return this.#hasSpoken;
  }

  /** Returns false where it does not read what is written. */
  write(message: JsonRpcMessage): boolean {
    const { stdin } = this.#process;
    if (stdin.writableLength > limits.maxUnreadBytes) {
      this.#log('it does not read its stdin; a message was dropped');
      return false;
    }
    stdin.write(formatLine(message));
    return true;
  }

  pause(): void {
    this.#process.stdout.pause();
  }

  resume(): void {
    this.#process.stdout.resume();
  }

  /** Ends it and all that it started; nothing is heard of it any more. Never rejects. */
  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const { stdin, stdout, stderr } = this.#process;
    stdin.destroy();
    await this.group.stop(graceMs, limits.killMs);
    // A grandchild outside the group may still hold these; nobody reads them any more.
    stdout.destroy();
    stderr.destroy();
    this.#onspoken?.();
  }

  #readStreams(): void {
    const { stdout, stderr } = this.#process;
    const output = new LineReader({
      online: (line) => this.#onstdout(line),
      ontoolong: () => this.#log('a line on stdout was too long and was skipped'),
      onskipped: (head, tail) => this.#onskipped(head, tail),
    });
    stdout.on('data', (chunk: Buffer) => output.push(chunk));
    stdout.on('end', () => output.end());
    const log = new LineReader({
      online: (line) => this.#onstderr(line),
      ontoolong: () => undefined,
      maxLineBytes: 64 * 1024,
    });
    stderr.on('data', (chunk: Buffer) => log.push(chunk));
    stderr.on('end', () => log.end());
    const ended = (): void => this.#ended();
    this.#process.once('close', ended);
    this.#process.once('exit', () => setTimeout(ended, limits.drainMs));
    stdout.once('end', () => setTimeout(ended, limits.drainMs));
  }

  #onstdout(line: string): void {
    if (this.#stopping !== undefined) return;
    let message: JsonRpcMessage;
    try {
      message = parseJsonRpc(JSON.parse(line));
    } catch {
      return this.#log(`not a JSON-RPC message on stdout, skipped: ${shownLine(line, 200)}`);
    }
    this.#hasSpoken = true;
    this.#onspoken?.();
    this.#events.onmessage(message);
  }

  /** Whoever waits for it is told that no answer comes. */
  #onskipped(head: string, tail: string): void {
    const id = answeredId(head, tail);
    if (id === undefined || this.#stopping !== undefined) return;
    const reason = "the server's program gave an answer that is longer than a line may be";
    this.#events.onmessage(failureResponse(id, 'message_too_large', reason));
  }

  #onstderr(line: string): void {
    const shown = shownLine(line, limits.maxLogLineLength);
    this.#lastLine = shown;
    if (/error|fatal|panic|not found|denied/i.test(shown)) this.#lastError = shown;
    this.#log(shown);
  }

  #log(line: string): void {
    const text = oneLine(line, limits.maxLogLineLength);
    if (text !== '') this.#events.onlog(text);
  }

  #ended(): void {
    if (this.#hasEnded || this.#stopping !== undefined) return;
    this.#hasEnded = true;
    this.#onspoken?.();
    const { exitCode, signalCode } = this.#process;
    const how =
      signalCode !== null
        ? `was ended by ${signalCode}`
        : exitCode !== null
          ? `ended with exit code ${exitCode}`
          : 'closed its output';
    const reason = oneLine(this.#lastError || this.#lastLine, 300);
    this.#events.onended(reason === '' ? how : `${how}: ${reason}`);
  }
}
