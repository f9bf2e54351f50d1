import type { Readable } from 'node:stream';

import { isRecord, type JsonRpcErrorResponse, type JsonRpcMessage, parseJsonRpc } from '@mcp-nostr/core';

import { formatLine, LineReader } from '../json-lines.ts';

export interface StdioHostOptions {
  input: Readable;
  /** The only way to stdout. */
  write: (text: string) => void;
  onmessage: (message: JsonRpcMessage) => void;
  /** @default 1000 */
  parentCheckMs?: number;
}

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** The host's side of `connect`: messages as lines on stdin and stdout. */
export class StdioHost {
  /** Resolves when the host has gone: its end of our input is closed, or it is no more our parent. */
  readonly ended: Promise<void>;
  readonly #options: StdioHostOptions;

  constructor(options: StdioHostOptions) {
    this.#options = options;
    const reader = new LineReader({
      online: (line) => this.#read(line),
      ontoolong: () => this.#refuse(INVALID_REQUEST, 'the message is too long'),
    });
    const { input } = options;
    input.on('data', (chunk: Buffer) => reader.push(chunk));
    this.ended = new Promise((resolve) => {
      input.on('end', resolve);
      input.on('close', resolve);
      input.on('error', () => resolve());
      // Some hosts are killed in a way that leaves the pipe open in another process of theirs.
      const parent = process.ppid;
      const timer = setInterval(() => {
        if (process.ppid !== parent) resolve();
      }, options.parentCheckMs ?? 1_000);
      timer.unref();
    });
  }

  send(message: JsonRpcMessage): void {
    this.#options.write(formatLine(message));
  }

  #read(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#refuse(PARSE_ERROR, 'Parse error: the line is not JSON');
      return;
    }
    let message: JsonRpcMessage;
    try {
      message = parseJsonRpc(value);
    } catch (error) {
      this.#refuse(INVALID_REQUEST, `Invalid Request: ${error instanceof Error ? error.message : ''}`, value);
      return;
    }
    this.#options.onmessage(message);
  }

  /** Answered with the request's id when it is one: then nobody waits in vain. */
  #refuse(code: number, message: string, value?: unknown): void {
    const id = isRecord(value) && 'method' in value ? value['id'] : undefined;
    const answer: JsonRpcErrorResponse = { jsonrpc: '2.0', error: { code, message } };
    if (typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id))) answer.id = id;
    this.send(answer);
  }
}
