import type { RequestId } from '@mcp-nostr/core';

import { keyOf } from '../outgoing.ts';
import { bareClientLimits as limits } from './limits.ts';

/** Requests of the server that wait for our answer, which names the event that asked. */
export class Asked {
  readonly #events: Map<string, string> = new Map();

  add(id: RequestId, event: string): void {
    this.#events.set(keyOf(id), event);
    for (const key of this.#events.keys()) {
      if (this.#events.size <= limits.maxAsked) return;
      this.#events.delete(key);
    }
  }

  /** The event of a request that is being answered; undefined when nobody waits for that. */
  take(id: RequestId): string | undefined {
    const event = this.#events.get(keyOf(id));
    this.#events.delete(keyOf(id));
    return event;
  }
}
