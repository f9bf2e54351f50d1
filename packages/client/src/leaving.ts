import type { Link, Outgoing } from '@mcp-nostr/transport';

import { limits } from './limits.ts';

/** Links that are over and still have their `bye` to say. */
export class Leaving {
  #links: Link[] = [];

  add(link: Link): void {
    this.#links.push(link);
  }

  poll(): Outgoing | undefined {
    for (const link of this.#links) {
      const next = link.poll();
      if (next !== undefined) return next;
    }
    this.#links = this.#links.filter(({ isDone }) => !isDone).slice(-limits.maxLeaving);
    return undefined;
  }
}
