import { isHarmless, isListening, type JsonRpcRequest, progressToken, type RequestId } from '@mcp-nostr/core';

import { bareClientLimits as limits } from './limits.ts';

/** A request of the application at a server that knows no link. */
export class BareRequest {
  readonly request: JsonRpcRequest;
  /** What it is called on the wire, unlike that of any other client with the same key. */
  readonly wireId: string;
  /** What its progress is called there, where any is asked for. */
  readonly wireToken: string | undefined;
  /** Every event that carried it: an answer names one of them. */
  readonly events: Set<string> = new Set();
  /** Withdraws it from whoever is sending it. */
  readonly aborter: AbortController = new AbortController();
  readonly onsettled: () => void;
  readonly isHarmless: boolean;
  /** It waits for news and not for an answer. */
  readonly isListening: boolean;
  /** A relay may have taken it: from then on it may have been executed. */
  isOut: boolean = false;
  /** When it is sent again, by the clock. */
  againAt: number = Infinity;
  #resends = 0;

  constructor(request: JsonRpcRequest, wireId: string, wireToken: string | undefined, onsettled: () => void) {
    this.request = request;
    this.wireId = wireId;
    this.wireToken = wireToken;
    this.onsettled = onsettled;
    this.isHarmless = isHarmless(request);
    this.isListening = isListening(request);
  }

  get id(): RequestId {
    return this.request.id;
  }

  /** The application's own name for its progress, if it asked for any. */
  get ownToken(): unknown {
    return progressToken(this.request);
  }

  /** It has left; `length` of what did. */
  left(now: number, length: number): void {
    this.isOut = true;
    if (!this.isHarmless || length > limits.maxResendLength) return;
    this.againAt = now + Math.min(limits.maxResendMs, limits.resendMs * 2 ** this.#resends++);
  }
}
