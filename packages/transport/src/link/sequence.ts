import { MAX_HELD_RANGES, type NumberRange } from '@mcp-nostr/core';

import { linkLimits } from './limits.ts';

interface Held<T> {
  readonly item: T;
  readonly bytes: number;
}

/** Puts numbered frames back in order, each once. */
export class Sequence<T> {
  #expected = 0;
  readonly #held: Map<number, Held<T>> = new Map();
  #heldBytes = 0;

  /** The next number that has not come; all below it have. */
  get expected(): number {
    return this.#expected;
  }

  /** Whether a frame waits for one before it. */
  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  /** Whether this number has been here already. */
  knows(sequence: number): boolean {
    return sequence < this.#expected || this.#held.has(sequence);
  }

  /**
   * What can be delivered now, in order. The next in order is always taken; when there is no room for later ones the
   * highest numbers go first, since they are needed last, and the peer sends them again.
   */
  push(sequence: number, item: T, bytes: number): T[] {
    if (this.knows(sequence)) return [];
    if (sequence !== this.#expected) {
      this.#held.set(sequence, { item, bytes });
      this.#heldBytes += bytes;
      this.#bound();
      return [];
    }
    this.#expected++;
    const items = [item];
    for (let next = this.#take(this.#expected); next !== undefined; next = this.#take(this.#expected)) {
      this.#expected++;
      items.push(next.item);
    }
    return items;
  }

  /** The numbers beyond the gap, as ranges. */
  ranges(): NumberRange[] {
    const ranges: [number, number][] = [];
    for (const number of [...this.#held.keys()].sort((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === number - 1) last[1] = number;
      else if (ranges.length === MAX_HELD_RANGES) break;
      else ranges.push([number, number]);
    }
    return ranges;
  }

  #take(sequence: number): Held<T> | undefined {
    const held = this.#held.get(sequence);
    if (held !== undefined) {
      this.#held.delete(sequence);
      this.#heldBytes -= held.bytes;
    }
    return held;
  }

  #bound(): void {
    const { maxHeldFrames, maxHeldBytes } = linkLimits;
    while (this.#held.size > maxHeldFrames || this.#heldBytes > maxHeldBytes) {
      let highest = 0;
      for (const number of this.#held.keys()) highest = Math.max(highest, number);
      this.#take(highest);
    }
  }
}
