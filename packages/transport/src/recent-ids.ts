import { limits } from './limits.ts';

/** A bounded memory of ids in two generations: the last `size` ids are surely known, up to twice as many perhaps. */
export class RecentIds {
  readonly #size: number;
  #young: Set<string> = new Set();
  #old: Set<string> = new Set();

  constructor(size: number = limits.recentIds) {
    this.#size = size;
  }

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  add(id: string): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
  }
}
