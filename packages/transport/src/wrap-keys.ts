import { newWrapKey, type WrapKey } from '@mcp-nostr/core';

import { limits } from './limits.ts';

interface Supply {
  readonly keys: WrapKey[];
  /** How many to have ready: what the recipient used up at once before. */
  wanted: number;
}

/**
 * Keys for gift wraps, each used once and made ahead while nothing else is to be done: a round trip is shorter by a
 * tenth, and a large message leaves a third sooner.
 */
export class WrapKeys {
  readonly #supplies: Map<string, Supply> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** `isOnce`: nothing more will be sent to this recipient soon, so nothing is made ahead. */
  take(recipient: string, isOnce = false): WrapKey {
    const supply = this.#supplies.get(recipient);
    const ready = supply?.keys.pop();
    if (isOnce) return ready ?? newWrapKey(recipient);
    const used = (supply?.wanted ?? 0) + (ready === undefined ? 1 : 0);
    const wanted = Math.min(used, limits.maxPreparedKeys);
    // The one that was used last is the last to be forgotten.
    this.#supplies.delete(recipient);
    this.#supplies.set(recipient, { keys: supply?.keys ?? [], wanted });
    this.#bound();
    this.#schedule();
    return ready ?? newWrapKey(recipient);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#supplies.clear();
  }

  /** One key in each task, so that nothing waits for long. */
  #schedule(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const [recipient, { keys, wanted }] of this.#supplies) {
        if (keys.length >= wanted) continue;
        keys.push(newWrapKey(recipient));
        return this.#schedule();
      }
    }, 0);
  }

  #bound(): void {
    const [oldest] = this.#supplies.keys();
    if (this.#supplies.size > limits.maxPreparedWraps && oldest !== undefined) this.#supplies.delete(oldest);
  }
}
