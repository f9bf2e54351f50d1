import type { RequestId } from '@mcp-nostr/core';
import { tokenText } from '@mcp-nostr/core/contextvm';
import type { Expectation } from '@mcp-nostr/transport';

import { keyOf } from '../outgoing.ts';
import type { BareRequest } from './bare-request.ts';

/** The requests under way, found by what their answers, their progress and the application call them. */
export class BareRequests {
  readonly #byId: Map<string, BareRequest> = new Map();
  readonly #byName: Map<string, BareRequest> = new Map();
  readonly #byToken: Map<string, BareRequest> = new Map();

  /** The oldest first. */
  get all(): BareRequest[] {
    return [...this.#byId.values()];
  }

  /** What is waited for. */
  get awaited(): Expectation {
    if (this.isEmpty) return 'nothing';
    return this.all.some(({ isListening }) => !isListening) ? 'answers' : 'news';
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  /** Also one that is here already and has other names now. */
  add(request: BareRequest): void {
    this.#byId.set(keyOf(request.id), request);
    for (const name of request.names) this.#byName.set(name, request);
    for (const token of request.tokens) this.#byToken.set(token, request);
  }

  /** It travels as this event. */
  bind(request: BareRequest, event: string): void {
    if (!this.has(request)) return;
    request.events.add(event);
    this.#byName.set(event, request);
  }

  has(request: BareRequest): boolean {
    return this.#byId.get(keyOf(request.id)) === request;
  }

  byId(id: RequestId): BareRequest | undefined {
    return this.#byId.get(keyOf(id));
  }

  /** By one of its events, or by its id on the wire. */
  named(name: string): BareRequest | undefined {
    return this.#byName.get(name);
  }

  /** By its progress token, which peers may write as they like: compared as strings. */
  byToken(token: unknown): BareRequest | undefined {
    return this.#byToken.get(tokenText(token) ?? '');
  }

  /** Nobody waits for it any more. Returns whether somebody did. */
  settle(request: BareRequest): boolean {
    if (!this.has(request)) return false;
    this.#byId.delete(keyOf(request.id));
    for (const name of request.names) this.#byName.delete(name);
    for (const token of request.tokens) this.#byToken.delete(token);
    return true;
  }

  clear(): void {
    for (const each of [this.#byId, this.#byName, this.#byToken]) each.clear();
  }
}
