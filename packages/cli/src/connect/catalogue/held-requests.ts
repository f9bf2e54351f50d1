import type { JsonRpcRequest, RequestId } from '@mcp-nostr/core';

interface Held {
  readonly request: JsonRpcRequest;
  dueAt: number;
}

/** Requests of the host that wait for the way to the server, each until a time of its own, the oldest first. */
export class HeldRequests {
  readonly #held: Map<RequestId, Held> = new Map();
  readonly #ondue: (request: JsonRpcRequest) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `ondue`: the time of a request is over. */
  constructor(ondue: (request: JsonRpcRequest) => void) {
    this.#ondue = ondue;
  }

  get count(): number {
    return this.#held.size;
  }

  /** `patienceMs`: Infinity for one that waits as long as it takes. */
  add(request: JsonRpcRequest, patienceMs: number): void {
    this.#held.set(request.id, { request, dueAt: performance.now() + patienceMs });
    this.#arm();
  }

  /** No request waits longer than this from now on, but for those that wait as long as it takes. */
  shorten(patienceOf: (request: JsonRpcRequest) => number): void {
    const now = performance.now();
    for (const held of this.#held.values())
      if (held.dueAt !== Infinity) held.dueAt = Math.min(held.dueAt, now + patienceOf(held.request));
    this.#arm();
  }

  /** Whether it was there. */
  remove(id: RequestId): boolean {
    return this.#held.delete(id);
  }

  /** Everything; nothing waits any more. */
  takeAll(): JsonRpcRequest[] {
    const all = [...this.#held.values()].map(({ request }) => request);
    this.clear();
    return all;
  }

  clear(): void {
    this.#held.clear();
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const dueAt = Math.min(...[...this.#held.values()].map((held) => held.dueAt));
    if (dueAt === Infinity) return;
    this.#timer = setTimeout(() => this.#takeDue(), Math.max(0, dueAt - performance.now()));
  }

  #takeDue(): void {
    const now = performance.now();
    for (const [id, { request, dueAt }] of this.#held) {
      // Timers may fire a little early.
      if (dueAt > now + 1) continue;
      this.#held.delete(id);
      this.#ondue(request);
    }
    this.#arm();
  }
}
