import { isHarmless, isListening, type JsonRpcRequest, progressToken, type RequestId } from '@mcp-nostr/core';
import type { TransportError } from '@mcp-nostr/transport';

import { bareClientLimits as limits } from './limits.ts';

/** A request of the application at a server that knows no link. */
export class BareRequest {
  readonly request: JsonRpcRequest;
  /** Every event that carried it: an answer names one of them. */
  readonly events: Set<string> = new Set();
  /** What it was called on the wire, and what its progress was, the last one last. */
  readonly #ids: string[] = [];
  readonly #tokens: string[] = [];
  /** Withdraws it from whoever is sending it. */
  readonly aborter: AbortController = new AbortController();
  /** Its way is over; `error`: nobody can say more of it. */
  readonly onsettled: (error?: TransportError) => void;
  readonly isHarmless: boolean;
  /** It waits for news and not for an answer. */
  readonly isListening: boolean;
  /** A relay may have taken it: from then on it may have been executed. */
  isOut: boolean = false;
  /** When it is sent again, by the clock. */
  againAt: number = Infinity;
  /** Answers in parts that did not come whole. */
  lostAnswers: number = 0;
  #resends = 0;
  #isHeld = false;

  constructor(request: JsonRpcRequest, onsettled: (error?: TransportError) => void) {
    this.request = request;
    this.onsettled = onsettled;
    this.isHarmless = isHarmless(request);
    this.isListening = isListening(request);
  }

  get id(): RequestId {
    return this.request.id;
  }

  get wireId(): string {
    return this.#ids.at(-1) ?? '';
  }

  get wireToken(): string | undefined {
    return this.#tokens.at(-1);
  }

  /** Whatever it was called, ids and events, which cannot be confused. */
  get names(): string[] {
    return [...this.#ids, ...this.events];
  }

  get tokens(): readonly string[] {
    return this.#tokens;
  }

  /** It leaves under these names now. */
  rename(wireId: string, wireToken: string | undefined): void {
    this.#isHeld = false;
    this.againAt = Infinity;
    this.#ids.push(wireId);
    if (wireToken !== undefined) this.#tokens.push(wireToken);
  }

  /** The application's own name for its progress, if it asked for any. */
  get ownToken(): unknown {
    return progressToken(this.request);
  }

  /** The server has said something of it, perhaps sooner than a relay: it does not go out again by itself. */
  hold(): void {
    this.#isHeld = true;
    this.againAt = Infinity;
  }

  /** It has left; `length` of what did. */
  left(now: number, length: number): void {
    this.isOut = true;
    if (this.#isHeld || !this.isHarmless || length > limits.maxResendLength) return;
    this.againAt = now + Math.min(limits.maxResendMs, limits.resendMs * 2 ** this.#resends++);
  }
}
