import { formatStreamFrame, type PeerSupport, StreamNumbering } from '@mcp-nostr/core/contextvm';

import type { BareRequest } from './bare-request.ts';
import { streamLimits } from './stream-limits.ts';
import { isStreamToken } from './streams.ts';

export interface StreamTermsOptions {
  /** Whether it waits for its answer. */
  isPending: (request: BareRequest) => boolean;
  /** Sends a frame to the server. */
  say: (text: string) => void;
}

/**
 * ContextVM's servers that write streams hold back the answer to each request with a progress token until its stream is
 * over, even where none was begun. So such a request is followed by the word that no stream is wanted.
 */
export class StreamTerms {
  readonly #options: StreamTermsOptions;
  readonly #timers: Map<BareRequest, ReturnType<typeof setTimeout>> = new Map();

  constructor(options: StreamTermsOptions) {
    this.#options = options;
  }

  /** A request has left, to a server that says this of itself. */
  left(request: BareRequest, support: PeerSupport | undefined): void {
    const { ownToken, wireToken } = request;
    if (wireToken === undefined || isStreamToken(ownToken) || !mayHoldBack(support)) return;
    const frame = new StreamNumbering(wireToken).number({ frameType: 'abort', reason: 'not wanted' });
    this.#decline(request, JSON.stringify(formatStreamFrame(frame)), streamLimits.declineMs);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Not at once, since a server at work on several messages may know the request later; and again, since it may be lost. */
  #decline(request: BareRequest, text: string, afterMs: number): void {
    clearTimeout(this.#timers.get(request));
    const timer = setTimeout(() => {
      this.#timers.delete(request);
      if (!this.#options.isPending(request)) return;
      this.#options.say(text);
      this.#decline(request, text, Math.min(4 * afterMs, streamLimits.maxDeclineMs));
    }, afterMs);
    this.#timers.set(request, timer);
  }
}

/** It writes streams, or has not said. */
function mayHoldBack(support: PeerSupport | undefined): boolean {
  return support?.openStream !== false;
}
