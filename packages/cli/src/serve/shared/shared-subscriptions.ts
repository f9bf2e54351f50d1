import type { Seat } from './shared-calls.ts';

/** Of one connection; a stranger must not fill the memory with what it subscribes to. */
const MAX_SUBSCRIPTIONS = 1_000;

/** Which connections have subscribed to which resources, where the program sees but one subscriber. */
export class SharedSubscriptions {
  readonly #seats: Map<string, Set<Seat>> = new Map();
  readonly #counts: Map<Seat, number> = new Map();

  /** Resources to which the program has to be subscribed. */
  get uris(): string[] {
    return [...this.#seats.keys()];
  }

  isFull(seat: Seat): boolean {
    return (this.#counts.get(seat) ?? 0) >= MAX_SUBSCRIPTIONS;
  }

  add(seat: Seat, uri: unknown): void {
    if (typeof uri !== 'string') return;
    const seats = this.#seats.get(uri) ?? new Set();
    if (seats.has(seat)) return;
    this.#seats.set(uri, seats.add(seat));
    this.#counts.set(seat, (this.#counts.get(seat) ?? 0) + 1);
  }

  /** Returns whether the program has to be told: there is no other subscriber. */
  remove(seat: Seat, uri: unknown): boolean {
    const seats = typeof uri === 'string' ? this.#seats.get(uri) : undefined;
    if (typeof uri !== 'string' || seats === undefined) return true;
    if (seats.delete(seat)) this.#counts.set(seat, (this.#counts.get(seat) ?? 1) - 1);
    if (seats.size === 0) this.#seats.delete(uri);
    return seats.size === 0;
  }

  /** Returns the resources that nobody has subscribed to any more. */
  leave(seat: Seat): string[] {
    const left = this.uris.filter(
      (uri) => this.#seats.get(uri)?.has(seat) === true && this.remove(seat, uri),
    );
    this.#counts.delete(seat);
    return left;
  }

  /** MCP 2025-11-25, resources: what was updated "might be a sub-resource of the one that the client" subscribed to. */
  subscribersOf(updated: unknown): Set<Seat> {
    const found = new Set<Seat>();
    if (typeof updated !== 'string') return found;
    for (const [uri, seats] of this.#seats)
      if (updated === uri || updated.startsWith(uri.endsWith('/') ? uri : `${uri}/`))
        for (const seat of seats) found.add(seat);
    return found;
  }
}
