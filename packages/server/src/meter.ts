import type { JsonRpcRequest } from '@mcp-nostr/core';

import type { KeyUsage, Passage } from './key-usage.ts';
import { LISTEN_METHOD } from './subscription.ts';

const FREE: Passage = {};

/** What a client asks to know what there is, once or now and then. All else is a call. */
const CHORES: ReadonlySet<string> = new Set([
  'initialize',
  'server/discover',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
  'resources/subscribe',
  'resources/unsubscribe',
  'logging/setLevel',
  LISTEN_METHOD,
]);

/** What one connection adds to the use of its key. Without bounds it counts nothing. */
export class Meter {
  #usage: KeyUsage | undefined;
  /** What it has begun with: a client of both eras tries both. */
  readonly #greetings: Set<string> = new Set();

  /** Where it counts from now on. */
  set usage(usage: KeyUsage | undefined) {
    if (this.#usage !== undefined) this.#usage.connections--;
    this.#usage = usage;
    if (usage !== undefined) usage.connections++;
  }

  get isCounting(): boolean {
    return this.#usage !== undefined;
  }

  request({ method }: JsonRpcRequest, bytes: number): Passage {
    if (this.#usage === undefined) return FREE;
    if (this.#isFree(method)) {
      this.#usage.unrefused(bytes);
      return FREE;
    }
    const passage = this.#usage.request(bytes, CHORES.has(method));
    if (method !== LISTEN_METHOD) return passage;
    // It lasts as long as its owner likes, and keeps nobody at work.
    passage.ended?.(false);
    return passage.excess === undefined ? FREE : passage;
  }

  /** What is not refused, whatever its key has used: see `KeyUsage`. */
  unrefused(bytes: number): void {
    this.#usage?.unrefused(bytes);
  }

  /** What is sent to the client. */
  spend(bytes: number): void {
    this.#usage?.spend(bytes);
  }

  /** A client whose greeting were refused would take its session for lost; it costs as little as a ping does. */
  #isFree(method: string): boolean {
    if (method === 'ping') return true;
    const isGreeting = method === 'initialize' || method === 'server/discover';
    if (!isGreeting || this.#greetings.has(method)) return false;
    this.#greetings.add(method);
    return true;
  }
}
