const WINDOW_MS = 60_000;
const MAX_LINES_PER_WINDOW = 20;

/** For what strangers can cause at will: in a minute each line is shown once, and no more than so many. */
export class LineLimiter {
  readonly #shown: Set<string> = new Set();
  #sinceMs = -Infinity;

  admits(line: string): boolean {
    const now = performance.now();
    if (now - this.#sinceMs > WINDOW_MS) {
      this.#shown.clear();
      this.#sinceMs = now;
    }
    if (this.#shown.has(line) || this.#shown.size >= MAX_LINES_PER_WINDOW) return false;
    this.#shown.add(line);
    return true;
  }
}
