import { TaskQueue } from '@mcp-nostr/transport';

import { limits } from './limits.ts';

/**
 * Messages on their way to the MCP server, in their order, each in a task of its own. They wait until it is there, and
 * while somebody makes up their mind about the one before them.
 */
export class Inbox<Item extends { readonly bytes: number }> {
  readonly #deliver: (item: Item) => void | Promise<void>;
  readonly #onerror: (error: unknown) => void;
  readonly #tasks: TaskQueue;
  readonly #waiting: Item[] = [];
  #bytes = 0;
  #isHeld = true;

  /** Where `deliver` returns a promise the next one is delivered when that is settled. */
  constructor(deliver: (item: Item) => void | Promise<void>, onerror: (error: unknown) => void) {
    this.#deliver = deliver;
    this.#onerror = onerror;
    this.#tasks = new TaskQueue(onerror);
  }

  /** More waits than may. */
  get isFull(): boolean {
    const { maxEarlyMessages, maxEarlyBytes } = limits;
    return this.#isHeld && (this.#waiting.length >= maxEarlyMessages || this.#bytes > maxEarlyBytes);
  }

  /** From now on they are delivered. */
  start(): void {
    this.#isHeld = false;
    for (let count = this.#waiting.length; count > 0; count--) this.#tasks.add(this.#next);
  }

  add(item: Item): void {
    this.#waiting.push(item);
    this.#bytes += item.bytes;
    if (!this.#isHeld) this.#tasks.add(this.#next);
  }

  /** What waits is not delivered any more. */
  close(): void {
    this.#tasks.close();
    this.#waiting.length = 0;
  }

  readonly #next = (): void => {
    if (this.#isHeld) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#bytes -= next.bytes;
    const settled = this.#deliver(next);
    if (settled === undefined) return;
    this.#isHeld = true;
    void settled.catch(this.#onerror).finally(() => this.start()); // it never rejects: `onerror` does not throw
  };
}
