import {
  cancelledId,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  progressToken,
  randomHex,
} from '@mcp-nostr/core';
import { frameFamily, parseStreamFrame, type StreamFrame, tokenText } from '@mcp-nostr/core/contextvm';

import { keyOf } from '../outgoing.ts';
import { type IncomingStream, OpenStream } from './open-stream.ts';
import { streamLimits } from './stream-limits.ts';

export interface StreamsOptions {
  /** Brings a frame to the server; what becomes of it nobody waits for. */
  send: (frame: JsonRpcNotification) => void;
  /** Whether the server has no link. */
  isBare: () => boolean;
}

const PREFIX = 'stream-';

/** Whether a progress token is one of a stream of ours: nobody else has it, so it may travel as it is. */
export function isStreamToken(token: unknown): token is string {
  return typeof token === 'string' && token.startsWith(PREFIX);
}

/** Whether a message of the server is a frame of such a stream. */
export function isOwnFrame(message: JsonRpcMessage): boolean {
  if (frameFamily(message) !== 'open-stream') return false;
  return 'method' in message && isStreamToken(message.params?.['progressToken']);
}

/** The open streams (CEP-41) of one transport, between the application and what is sent and received. */
export class Streams {
  readonly #options: StreamsOptions;
  /** By token. */
  readonly #streams: Map<string, OpenStream> = new Map();
  /** By the id of the request. */
  readonly #byRequest: Map<string, OpenStream> = new Map();

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** @throws {RangeError} when too many are open */
  open(): IncomingStream {
    const { maxStreams } = streamLimits;
    if (this.#streams.size >= maxStreams)
      throw new RangeError(`${maxStreams} streams are open: cancel those that are not needed any more`);
    const token = `${PREFIX}${randomHex(8)}`;
    const stream = new OpenStream({
      ...this.#options,
      token,
      onended: () => this.#streams.delete(token),
    });
    this.#streams.set(token, stream);
    return stream;
  }

  /** A message of the application on its way to the server. */
  sent(message: JsonRpcMessage): void {
    if (this.#streams.size === 0) return;
    const cancelled = cancelledId(message);
    if (cancelled !== undefined)
      this.#take(keyOf(cancelled))?.fail('request_failed', 'the request was cancelled');
    if (!isRequest(message)) return;
    const stream = this.#streams.get(tokenText(progressToken(message)) ?? '');
    if (stream === undefined) return;
    stream.asked();
    this.#byRequest.set(keyOf(message.id), stream);
  }

  /** A message on its way to the application. True for a frame, which is no business of its SDK. */
  takes(message: JsonRpcMessage): boolean {
    if (isResponse(message)) {
      if (message.id !== undefined) this.#take(keyOf(message.id))?.answered(message);
      return false;
    }
    if (frameFamily(message) !== 'open-stream') return false;
    const token = message.params?.['progressToken'];
    const stream = this.#streams.get(tokenText(token) ?? '');
    if (stream !== undefined) this.#pass(message, stream);
    // What comes late for one that has ended must not be taken for progress of an unknown request.
    return isStreamToken(token);
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.fail('closed', 'the transport was closed');
    this.#byRequest.clear();
  }

  #pass(message: JsonRpcMessage, stream: OpenStream): void {
    let frame: StreamFrame | undefined;
    try {
      frame = parseStreamFrame(message);
    } catch (error) {
      return stream.fail('bad_stream', error instanceof Error ? error.message : String(error), error);
    }
    if (frame !== undefined) stream.take(frame);
  }

  /** Once: the id may be used again. */
  #take(key: string): OpenStream | undefined {
    const stream = this.#byRequest.get(key);
    this.#byRequest.delete(key);
    return stream;
  }
}
