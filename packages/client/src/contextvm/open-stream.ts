import {
  type JsonRpcErrorResponse,
  type JsonRpcNotification,
  type JsonRpcResultResponse,
} from '@mcp-nostr/core';
import {
  formatStreamFrame,
  StreamAssembly,
  type StreamFrame,
  StreamNumbering,
  type StreamPart,
} from '@mcp-nostr/core/contextvm';

import { StreamError, type StreamErrorCode } from './stream-error.ts';
import { streamLimits } from './stream-limits.ts';
import { Unread } from './unread.ts';

/** Text that a server writes while it works on a request, beside the answer (CEP-41). */
export interface IncomingStream extends AsyncIterable<string> {
  /** What the request that it belongs to has as `_meta.progressToken`. */
  readonly token: string;
  /** What the text is, once its server has begun and if it has said. */
  readonly contentType: string | undefined;
  /** Nothing more is wanted: the server gives up the request, of which an error is the answer. */
  cancel(reason?: string): void;
}

export interface OpenStreamOptions {
  token: string;
  /** Brings a frame to the server. */
  send: (frame: JsonRpcNotification) => void;
  /** Whether the server has no link: what it sends may be mixed up, and its silence says nothing. */
  isBare: () => boolean;
  /** It takes no more frames. */
  onended: () => void;
}

/** The reader's end of one stream. */
export class OpenStream implements IncomingStream {
  readonly token: string;
  readonly #options: OpenStreamOptions;
  readonly #assembly = new StreamAssembly();
  readonly #numbering: StreamNumbering;
  readonly #unread = new Unread();
  #contentType: string | undefined;
  #isAsked = false;
  #isStarted = false;
  #isAsking = false;
  #pings = 0;
  /** The request was answered; what is missing still may come. */
  #isAnswered = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: OpenStreamOptions) {
    this.#options = options;
    this.token = options.token;
    this.#numbering = new StreamNumbering(options.token);
  }

  get contentType(): string | undefined {
    return this.#contentType;
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return {
      next: () => this.#unread.next(),
      return: async () => {
        this.cancel('not read to its end');
        return { value: undefined, done: true };
      },
    };
  }

  cancel(reason?: string): void {
    const isUnderWay = this.#isAsked && !this.#isAnswered && !this.#unread.isOver;
    if (isUnderWay) this.#say({ frameType: 'abort', reason });
    this.#unread.discard();
    this.#end();
  }

  /** Its request is on its way. */
  asked(): void {
    this.#isAsked = true;
  }

  /** A frame of the server. */
  take(frame: StreamFrame): void {
    if (this.#unread.isOver) return;
    this.#isStarted = true;
    this.#isAsking = false;
    if (frame.frameType === 'start') this.#contentType = frame.contentType;
    else if (frame.frameType === 'ping') this.#say({ frameType: 'pong', nonce: frame.nonce });
    else if (frame.frameType === 'abort')
      this.fail('aborted', `the server gave up the stream: ${frame.reason ?? 'it did not say why'}`);
    else if (frame.frameType === 'chunk' || frame.frameType === 'close') this.#read(frame);
    if (!this.#unread.isOver && !this.#isAnswered) this.#watch();
  }

  /** Its request was: with a link nothing is missing then, without one the rest may still come. */
  answered(answer: JsonRpcResultResponse | JsonRpcErrorResponse): void {
    if (this.#unread.isOver) return;
    this.#isAnswered = true;
    if ('error' in answer) this.fail('request_failed', answer.error.message);
    else if (this.#options.isBare() && this.#isStarted)
      this.#await(streamLimits.graceMs, () => this.#missing());
    else this.#end();
  }

  /** It ends with this behind what is not read yet; the server is told where it may not know. */
  fail(code: StreamErrorCode, reason: string, cause?: unknown): void {
    if (this.#unread.isOver) return;
    if (TELLS.has(code)) this.#say({ frameType: 'abort', reason: code });
    this.#end(new StreamError(code, reason, { cause }));
  }

  #read(frame: StreamFrame & { frameType: 'chunk' | 'close' }): void {
    try {
      for (const text of this.#assembly.add(frame)) this.#unread.add(text);
    } catch (error) {
      return this.fail('bad_stream', error instanceof Error ? error.message : String(error), error);
    }
    const { maxUnreadBytes } = streamLimits;
    if (this.#assembly.isComplete) this.#end();
    else if (this.#unread.bytes > maxUnreadBytes)
      this.fail('unread', `more than ${maxUnreadBytes} bytes of the stream were not read in time`);
  }

  #missing(): void {
    this.fail('incomplete', 'the request was answered, and the end of the stream did not come');
  }

  #end(error?: StreamError): void {
    clearTimeout(this.#timer);
    this.#unread.end(error);
    this.#options.onended();
  }

  /** A link finds out by itself whether its peer lives. */
  #watch(): void {
    const { idleMs, pongTimeoutMs } = streamLimits;
    if (!this.#options.isBare()) return;
    this.#await(idleMs, () => {
      this.#isAsking = true;
      this.#say({ frameType: 'ping', nonce: `${this.token}:${++this.#pings}` });
      this.#await(pongTimeoutMs, () => {
        if (this.#isAsking) this.fail('silent', 'the server is not heard any more');
      });
    });
  }

  #await(durationMs: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, durationMs);
  }

  #say(part: StreamPart): void {
    this.#options.send(formatStreamFrame(this.#numbering.number(part)));
  }
}

/** After these the server may be writing on. */
const TELLS: ReadonlySet<StreamErrorCode> = new Set(['unread', 'silent', 'bad_stream']);
