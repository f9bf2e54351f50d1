/** The ids of the last so many minutes, and never more than a number of them: the least recent are forgotten first. */
export class RecentIds {
  readonly #maxIds: number;
  readonly #keepMs: number;
  readonly #now: () => number;
  /** In the order of being added: the first is always the oldest. */
  readonly #addedAtMs = new Map<string, number>();

  constructor(maxIds: number, keepMs: number, now: () => number) {
    this.#maxIds = maxIds;
    this.#keepMs = keepMs;
    this.#now = now;
  }

  get size(): number {
    return this.#addedAtMs.size;
  }

  has(id: string): boolean {
    const addedAtMs = this.#addedAtMs.get(id);
    return addedAtMs !== undefined && this.#now() - addedAtMs < this.#keepMs;
  }

  add(id: string): void {
    const nowMs = this.#now();
    this.#addedAtMs.delete(id);
    this.#addedAtMs.set(id, nowMs);
    for (const [oldest, addedAtMs] of this.#addedAtMs) {
      if (this.#addedAtMs.size <= this.#maxIds && nowMs - addedAtMs < this.#keepMs) break;
      this.#addedAtMs.delete(oldest);
    }
  }
}
