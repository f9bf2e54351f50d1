import { metaOf } from '@mcp-nostr/core';
import {
  formatStreamFrame,
  splitTwiceEscaped,
  StreamNumbering,
  type StreamPart,
  tokenText,
} from '@mcp-nostr/core/contextvm';
import { TransportError } from '@mcp-nostr/transport';

import { streamLimits } from './stream-limits.ts';

interface Notification {
  method: 'notifications/progress';
  params: { [key: string]: unknown; progressToken: string; progress: number };
}

interface Meta {
  progressToken?: string | number | undefined;
}

/** What a handler is given beside its arguments: `extra` in SDK 1.x, `ctx` in 2.x. */
export type HandlerContext =
  | { _meta?: Meta | undefined; signal: AbortSignal; sendNotification(each: Notification): Promise<void> }
  | { mcpReq: { _meta?: Meta | undefined; signal: AbortSignal; notify(each: Notification): Promise<void> } };

/** Text that a handler writes beside its answer. */
export interface OutgoingStream {
  /** False once it was closed or given up, or its client has cancelled the request. */
  readonly isOpen: boolean;
  /** Resolves when all of it is on its way. @throws {TransportError} `closed` and whatever kept it from leaving */
  write(text: string): Promise<void>;
  /** The text is complete. The answer says so too, so this may be left out. */
  close(): Promise<void>;
  /** It will not be: its reader hears of it, and still gets the answer. */
  abort(reason?: string): Promise<void>;
}

export interface OpenStreamOptions {
  /** What the text is, for its reader. */
  contentType?: string | undefined;
}

/**
 * Opens the stream (CEP-41) of the request that a handler works on. Undefined where the client has not asked for one: its
 * request has no progress token.
 */
export function openStream(
  context: HandlerContext,
  options: OpenStreamOptions = {},
): OutgoingStream | undefined {
  const request = 'mcpReq' in context ? context.mcpReq : context;
  const token = tokenText(metaOf({ ...request })?.['progressToken']);
  if (token === undefined) return undefined;
  const notify = (each: Notification): Promise<void> =>
    'notify' in request ? request.notify(each) : request.sendNotification(each);
  return new Writer(token, request.signal, notify, options.contentType);
}

class Writer implements OutgoingStream {
  readonly #numbering: StreamNumbering;
  readonly #signal: AbortSignal;
  readonly #notify: (each: Notification) => Promise<void>;
  #isOver = false;

  constructor(
    token: string,
    signal: AbortSignal,
    notify: (each: Notification) => Promise<void>,
    contentType: string | undefined,
  ) {
    this.#numbering = new StreamNumbering(token);
    this.#signal = signal;
    this.#notify = notify;
    void this.#say([{ frameType: 'start', contentType }]); // what is wrong with it the first text shows
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#signal.aborted;
  }

  write(text: string): Promise<void> {
    const pieces = splitTwiceEscaped(text, streamLimits.maxChunkBytes);
    return this.#say(pieces.map((data) => ({ frameType: 'chunk', data })));
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    const said = this.#say([{ frameType: 'close' }]);
    this.#isOver = true;
    await said;
  }

  async abort(reason?: string): Promise<void> {
    if (!this.isOpen) return;
    const said = this.#say([{ frameType: 'abort', reason }]);
    this.#isOver = true;
    await said;
  }

  /** All at once: what is sent one after the other would be overtaken by an answer that nobody holds back. */
  #say(parts: StreamPart[]): Promise<void> {
    const said = this.#sayAll(parts);
    // Who does not wait for it must not have the process ended.
    said.catch(() => {});
    return said;
  }

  async #sayAll(parts: StreamPart[]): Promise<void> {
    if (!this.isOpen) throw new TransportError('closed', 'the stream is over: nobody reads it any more');
    await Promise.all(parts.map((part) => this.#notify(this.#notification(part))));
  }

  #notification(part: StreamPart): Notification {
    const frame = this.#numbering.number(part);
    const { params } = formatStreamFrame(frame);
    const { token: progressToken, progress } = frame;
    return { method: 'notifications/progress', params: { ...params, progressToken, progress } };
  }
}
