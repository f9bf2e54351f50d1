import { seededRandom } from '../helpers/random.ts';

/** What falls is the same for the same seed and case. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number, number = 0) {
    // Neighbours must not be alike.
    this.#random = seededRandom(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35));
  }

  /** From 0, below this. */
  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  /** True in so many of a hundred. */
  falls(percent: number): boolean {
    return this.#random() * 100 < percent;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('there is nothing to pick from');
    return item;
  }

  /** So many bytes in hex. */
  hex(bytes: number): string {
    return Array.from({ length: bytes }, () => this.below(256).toString(16).padStart(2, '0')).join('');
  }
}
