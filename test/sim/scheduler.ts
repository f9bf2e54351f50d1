interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Far more than any run needs. */
const MAX_STEPS = 1_000_000;

/** A clock that stands still while something happens, and jumps to what happens next. */
export class Scheduler {
  /** Milliseconds since the beginning of the run. */
  now = 0;
  readonly #heap: Timer[] = [];
  #order = 0;
  #steps = 0;

  /** Returns how to take it back. */
  after(delayMs: number, run: () => void): () => void {
    const timer: Timer = {
      at: this.now + Math.max(0, delayMs),
      order: this.#order++,
      run,
      isCancelled: false,
    };
    this.#push(timer);
    return () => {
      timer.isCancelled = true;
    };
  }

  /** Runs what is due up to a time, or until nothing is or the condition holds. */
  runUntil(end: number, isDone: () => boolean): void {
    for (let timer = this.#heap[0]; timer !== undefined && timer.at <= end; timer = this.#heap[0]) {
      if (++this.#steps > MAX_STEPS)
        throw new Error(`${MAX_STEPS} steps in ${Math.round(this.now)} ms: it spins`);
      this.#pop();
      if (timer.isCancelled) continue;
      this.now = timer.at;
      timer.run();
      if (isDone()) return;
    }
    this.now = Math.max(this.now, end);
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
