import { isRecord, type JsonRpcNotification, parseMessage } from '@mcp-nostr/core';
import {
  formatStreamFrame,
  parseStreamFrame,
  type StreamFrame,
  StreamNumbering,
  type StreamPart,
} from '@mcp-nostr/core/contextvm';

import { streamLimits } from './stream-limits.ts';

export interface BareStreamsOptions {
  /** Sends the text of a frame of ours that belongs to the request of this event. */
  say: (text: string, event: string) => void;
  /** Whether the request of this event waits for its answer. */
  isOpen: (event: string) => boolean;
  /** Nobody reads the stream of this request any more; what its MCP server is told. */
  onabort: (abort: JsonRpcNotification) => void;
}

interface Stream {
  readonly numbering: StreamNumbering;
  pings: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The open streams (CEP-41) to a client without a link, by the events of their requests. Frames of the MCP server are
 * numbered together with ours, by which we find out whether the client is still there.
 */
export class BareStreams {
  readonly #options: BareStreamsOptions;
  readonly #streams: Map<string, Stream> = new Map();

  constructor(options: BareStreamsOptions) {
    this.#options = options;
  }

  /** A frame of the MCP server for the request of this event, as it is to leave. */
  outgoing(frame: StreamFrame, event: string): string {
    const stream = this.#streams.get(event) ?? this.#begin(event, frame.token);
    if (frame.frameType === 'close' || frame.frameType === 'abort') this.#drop(event);
    return numbered(stream, frame);
  }

  /** The request is about to be answered: ContextVM's clients wait for the end of its stream first. */
  answering(text: string, event: string): void {
    const stream = this.#streams.get(event);
    if (stream === undefined) return;
    const answer: unknown = JSON.parse(text);
    const hasFailed = isRecord(answer) && 'error' in answer;
    this.#drop(event);
    this.#say(stream, event, hasFailed ? { frameType: 'abort', reason: 'failed' } : { frameType: 'close' });
  }

  /** What the client says of the stream of this request. */
  heard(frame: StreamFrame, event: string): void {
    const stream = this.#streams.get(event);
    if (stream === undefined) return;
    if (frame.frameType === 'abort') return this.#abort(event, frame.reason);
    if (frame.frameType === 'ping') this.#say(stream, event, { frameType: 'pong', nonce: frame.nonce });
    this.#watch(stream, event);
  }

  close(): void {
    for (const event of this.#streams.keys()) this.#drop(event);
  }

  #begin(event: string, token: string): Stream {
    const stream: Stream = { numbering: new StreamNumbering(token), pings: 0, timer: undefined };
    this.#streams.set(event, stream);
    this.#watch(stream, event);
    return stream;
  }

  #watch(stream: Stream, event: string): void {
    const { idleMs, pongTimeoutMs } = streamLimits;
    clearTimeout(stream.timer);
    stream.timer = setTimeout(() => {
      // It was cancelled.
      if (!this.#options.isOpen(event)) return this.#drop(event);
      const nonce = `${stream.numbering.token}:${++stream.pings}`;
      this.#say(stream, event, { frameType: 'ping', nonce });
      stream.timer = setTimeout(() => {
        this.#say(stream, event, { frameType: 'abort', reason: 'nobody answers' });
        this.#abort(event, 'its client does not answer');
      }, pongTimeoutMs);
    }, idleMs);
  }

  #abort(event: string, reason: string | undefined): void {
    this.#drop(event);
    // By the name that the MCP server knows its progress by.
    const abort = new StreamNumbering(event).number({ frameType: 'abort', reason });
    this.#options.onabort(formatStreamFrame(abort));
  }

  #drop(event: string): void {
    clearTimeout(this.#streams.get(event)?.timer);
    this.#streams.delete(event);
  }

  #say(stream: Stream, event: string, part: StreamPart): void {
    this.#options.say(numbered(stream, part), event);
  }
}

/** The frame that a notification of the MCP server is. */
export function frameOf(text: string): StreamFrame | undefined {
  // Read only where it can be one: what a server says is long, and seldom a frame.
  return text.includes('"open-stream"') ? parseStreamFrame(parseMessage(text)) : undefined;
}

function numbered({ numbering }: Stream, part: StreamPart): string {
  return JSON.stringify(formatStreamFrame(numbering.number(part)));
}
