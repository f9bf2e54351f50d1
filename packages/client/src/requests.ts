import {
  type FailureCode,
  failureResponse,
  isListening,
  type JsonRpcMessage,
  type JsonRpcRequest,
} from '@mcp-nostr/core';
import type { Expectation, OutgoingMessage } from '@mcp-nostr/transport';

import { cancellation } from './outgoing.ts';

export interface PendingRequest {
  readonly request: JsonRpcRequest;
  readonly outgoing: OutgoingMessage;
}

/** Requests under way in both directions, by the JSON of their id. */
export class Requests {
  readonly #pending: Map<string, PendingRequest> = new Map();
  /** Requests of the server that wait for our answer. */
  readonly #asked: Set<string> = new Set();
  readonly #onmessage: (message: JsonRpcMessage) => void;
  readonly #describe: () => Record<string, unknown>;

  /** `describe`: what is said of a failure in a form for programs. */
  constructor(onmessage: (message: JsonRpcMessage) => void, describe: () => Record<string, unknown>) {
    this.#onmessage = onmessage;
    this.#describe = describe;
  }

  /** Those that the server has not answered, the oldest first. */
  get pending(): [string, PendingRequest][] {
    return [...this.#pending];
  }

  /** What is waited for. */
  get expects(): Expectation {
    for (const { request } of this.#pending.values()) if (!isListening(request)) return 'answers';
    return this.#pending.size > 0 ? 'news' : 'nothing';
  }

  add(key: string, request: JsonRpcRequest, outgoing: OutgoingMessage): void {
    this.#pending.set(key, { request, outgoing });
  }

  isPending(key: string): boolean {
    return this.#pending.has(key);
  }

  /** True for the message that asks: an id may be used again. */
  isOf(message: OutgoingMessage): boolean {
    return message.id !== undefined && this.#pending.get(message.id)?.outgoing === message;
  }

  /** Once for each: it is answered, or nobody waits for an answer any more. */
  settle(key: string): PendingRequest | undefined {
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    return pending;
  }

  /** Its sender was told otherwise. */
  forget(message: OutgoingMessage): void {
    if (message.id !== undefined && this.isOf(message)) this.#pending.delete(message.id);
  }

  /** Answers a request for a reason of the way. */
  fail(key: string, code: FailureCode, reason: string, data: Record<string, unknown> = {}): void {
    const pending = this.settle(key);
    if (pending === undefined) return;
    this.#onmessage(failureResponse(pending.request.id, code, reason, { ...this.#describe(), ...data }));
    pending.outgoing.onsettled?.();
  }

  /** The server asks. */
  asked(key: string): void {
    this.#asked.add(key);
  }

  /** Whether the server waits for our answer. */
  isAsked(key: string): boolean {
    return this.#asked.has(key);
  }

  answered(key: string): void {
    this.#asked.delete(key);
  }

  /** What the server asked in a connection that is over nobody waits for any more. */
  cancelAsked(): void {
    for (const key of this.#asked) this.#onmessage(cancellation(key));
    this.#asked.clear();
  }

  clear(): void {
    this.#pending.clear();
    this.#asked.clear();
  }
}
