import { limits } from './limits.ts';

/**
 * Puts numbered things back in order. Two relays do not deliver in step, and an answer must not overtake the
 * progress that was sent before it.
 */
export class Reordering<T> {
  #expected = 0;
  readonly #early: Map<number, { item: T; since: number }> = new Map();

  /** The next number that has not come; all below it have. */
  get expected(): number {
    return this.#expected;
  }

  /** Whether something waits for a number that has not come. */
  get hasGap(): boolean {
    return this.#early.size > 0;
  }

  /** When the lowest number that waits came, on the clock of `performance.now()`. */
  get waitsSince(): number | undefined {
    return this.#early.get(Math.min(...this.#early.keys()))?.since;
  }

  /** Whether this number has been here already. */
  knows(sequence: number): boolean {
    return sequence < this.#expected || this.#early.has(sequence);
  }

  /** What can be delivered now, in order. A number that is known, or too far ahead, is ignored. */
  push(sequence: number, item: T): T[] {
    if (this.knows(sequence) || sequence >= this.#expected + limits.maxReordered) return [];
    this.#early.set(sequence, { item, since: performance.now() });
    return this.#drain();
  }

  /** Gives up the missing numbers below the lowest that came. Returns what follows, and the numbers lost. */
  skipGap(): { items: T[]; lost: number[] } {
    const next = Math.min(...this.#early.keys());
    const lost: number[] = [];
    while (this.#early.size > 0 && this.#expected < next) lost.push(this.#expected++);
    return { items: this.#drain(), lost };
  }

  #drain(): T[] {
    const items: T[] = [];
    for (;;) {
      const early = this.#early.get(this.#expected);
      if (early === undefined) return items;
      this.#early.delete(this.#expected++);
      items.push(early.item);
    }
  }
}
