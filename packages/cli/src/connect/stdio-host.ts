import type { Readable } from 'node:stream';

import type { JsonRpcMessage } from '@mcp-nostr/core';

import { formatLine, LineReader } from '../json-lines.ts';
import { readMessage } from '../read-message.ts';

export interface StdioHostOptions {
  input: Readable;
  /** The only way to stdout; returns how many bytes wait for a reader. */
  write: (text: string) => number;
  onmessage: (message: JsonRpcMessage) => void;
  /** @default 500 */
  parentCheckMs?: number;
}

const INVALID_REQUEST = -32_600;

/** A host that was killed is noticed within this, and 2 s later nothing of ours is left. */
const PARENT_CHECK_MS = 500;

/** A host that leaves so much unread has gone, or hangs; what a server sends must not fill the memory. */
const MAX_UNREAD_BYTES = 67_108_864;

/** The host's side of `connect`: messages as lines on stdin and stdout. */
export class StdioHost {
  /** Resolves when the host has gone: its end of our input is closed, it is no more our parent, or it does not read. */
  readonly ended: Promise<void>;
  readonly #options: StdioHostOptions;
  #end: () => void = () => undefined;

  constructor(options: StdioHostOptions) {
    this.#options = options;
    const reader = new LineReader({
      online: (line) => this.#read(line),
      ontoolong: () => this.#refuseLongLine(),
    });
    const { input } = options;
    input.on('data', (chunk: Buffer) => reader.push(chunk));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
      input.on('end', resolve);
      input.on('close', resolve);
      input.on('error', () => resolve());
      // Some hosts are killed in a way that leaves the pipe open in another process of theirs.
      const parent = process.ppid;
      const timer = setInterval(() => {
        if (process.ppid !== parent) resolve();
      }, options.parentCheckMs ?? PARENT_CHECK_MS);
      timer.unref();
    });
  }

  send(message: JsonRpcMessage): void {
    if (this.#options.write(formatLine(message)) > MAX_UNREAD_BYTES) this.#end();
  }

  #read(line: string): void {
    const reading = readMessage(line);
    if ('message' in reading) this.#options.onmessage(reading.message);
    else this.send(reading.refusal);
  }

  #refuseLongLine(): void {
    const error = { code: INVALID_REQUEST, message: 'the message is too long' };
    this.send({ jsonrpc: '2.0', error });
  }
}
