/** How long a test waits for what must come; the bound only turns a hang into a readable failure. */
const PATIENCE_MS = 40_000;

interface Waiting<T> {
  readonly matches: (item: T) => boolean;
  readonly resolve: (item: T) => void;
}

/** Keeps what happened, and lets a test wait for what has not happened yet. */
export class Recorder<T> {
  readonly items: T[] = [];
  readonly #what: string;
  readonly #waiting: Set<Waiting<T>> = new Set();

  constructor(what: string) {
    this.#what = what;
  }

  readonly add = (item: T): void => {
    this.items.push(item);
    for (const each of this.#waiting) if (each.matches(item)) each.resolve(item);
  };

  get count(): number {
    return this.items.length;
  }

  /** The first item that matches, among those that came and those to come. */
  first(matches: (item: T) => boolean = () => true): Promise<T> {
    const found = this.items.find(matches);
    return found === undefined ? this.next(matches) : Promise.resolve(found);
  }

  /** The next item that matches, among those to come. */
  next(matches: (item: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting<T> = {
        matches,
        resolve: (item) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(item);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        const seen = this.items.map(describe).join('; ').slice(0, 2_000);
        reject(new Error(`waited in vain for: ${this.#what}; there was: ${seen || 'nothing'}`));
      }, PATIENCE_MS);
      this.#waiting.add(waiting);
    });
  }

  /** Resolves when so many items have come. */
  async reached(count: number): Promise<T[]> {
    if (this.items.length < count) await this.next(() => this.items.length >= count);
    return this.items;
  }
}

function describe(item: unknown): string {
  return item instanceof Error ? `${item.name}: ${item.message}` : (JSON.stringify(item) ?? String(item));
}
