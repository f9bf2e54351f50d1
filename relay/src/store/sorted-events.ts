import type { NostrEvent } from '@mcp-nostr/core';

/** NIP-01: newest first, and of the same second the lowest id first. Negative when `a` comes first. */
export function newestFirst(a: NostrEvent, b: NostrEvent): number {
  if (a.created_at !== b.created_at) return b.created_at - a.created_at;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** Events in the order of time. Kept oldest first, because what arrives is mostly new and then goes to the end. */
export class SortedEvents {
  readonly #events: NostrEvent[] = [];

  get size(): number {
    return this.#events.length;
  }

  get oldest(): NostrEvent | undefined {
    return this.#events[0];
  }

  insert(event: NostrEvent): void {
    this.#events.splice(this.#position(event), 0, event);
  }

  remove(event: NostrEvent): void {
    const position = this.#position(event);
    if (this.#events[position] === event) this.#events.splice(position, 1);
  }

  /** From the newest that is not after `until` to the oldest that is not before `since`. */
  *between(since: number, until: number): Generator<NostrEvent> {
    for (let index = this.#firstAfter(until) - 1; index >= 0; index -= 1) {
      const event = this.#events[index];
      if (event === undefined || event.created_at < since) return;
      yield event;
    }
  }

  /** Where the event is, or belongs. */
  #position(event: NostrEvent): number {
    return this.#lowest((other) => newestFirst(other, event) <= 0);
  }

  #firstAfter(seconds: number): number {
    return this.#lowest((other) => other.created_at > seconds);
  }

  /** The first index for which the condition holds; it holds for all that follow. */
  #lowest(holds: (event: NostrEvent) => boolean): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event === undefined || holds(event)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
