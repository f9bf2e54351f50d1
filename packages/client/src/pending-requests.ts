import type { JsonRpcRequest, RequestId } from '@mcp-nostr/core';

/** The requests that wait for an answer, found by their JSON-RPC id or by the events that carried them. */
export class PendingRequests {
  readonly #events: Map<RequestId, string[]> = new Map();
  readonly #ids: Map<string, RequestId> = new Map();

  add(request: JsonRpcRequest): void {
    this.#events.set(request.id, []);
  }

  /** An event that carries this request; an opening that is signed anew has several. */
  carriedBy(id: RequestId, event: string): void {
    const events = this.#events.get(id);
    if (events === undefined) return;
    events.push(event);
    this.#ids.set(event, id);
  }

  /** True once for each request: it is answered, cancelled or given up. */
  settle(id: RequestId): boolean {
    const events = this.#events.get(id);
    if (events === undefined) return false;
    for (const event of events) this.#ids.delete(event);
    return this.#events.delete(id);
  }

  isWaiting(event: string): boolean {
    return this.#ids.has(event);
  }

  /** All of them, which then wait no more. */
  takeAll(): RequestId[] {
    const ids = [...this.#events.keys()];
    this.#events.clear();
    this.#ids.clear();
    return ids;
  }
}
