interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Far more than any run needs. */
const MAX_STEPS = 1_000_000;

/** A clock that stands still while something happens, and jumps to what happens next. */
export class Scheduler {
  /** Milliseconds since the beginning of the run. */
  now = 0;
  readonly #heap: Timer[] = [];
  /** What is due at once needs no heap. */
  #soon: (() => void)[] = [];
  #order = 0;
  #steps = 0;

  after(delayMs: number, run: () => void): void {
    if (delayMs <= 0) this.#soon.push(run);
    else this.#push({ at: this.now + delayMs, order: this.#order++, run });
  }

  /** Runs what is due up to a time, or until nothing is or the condition holds. */
  runUntil(end: number, isDone: () => boolean): void {
    while (!isDone()) {
      const soon = this.#soon;
      this.#soon = [];
      for (const run of soon) this.#run(run);
      if (soon.length > 0) continue;
      const timer = this.#heap[0];
      if (timer === undefined || timer.at > end) break;
      this.#pop();
      this.now = timer.at;
      this.#run(timer.run);
    }
  }

  #run(run: () => void): void {
    if (++this.#steps > MAX_STEPS)
      throw new Error(`${MAX_STEPS} steps in ${Math.round(this.now)} ms: it spins`);
    run();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i], heap[parent])) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (isBefore(heap[left], heap[least])) least = left;
      if (isBefore(heap[right], heap[least])) least = right;
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const [x, y] = [heap[a], heap[b]];
    if (x === undefined || y === undefined) return;
    heap[a] = y;
    heap[b] = x;
  }
}

function isBefore(a: Timer | undefined, b: Timer | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
