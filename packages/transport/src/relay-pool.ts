import { eventJson, limits as wire, type NostrEvent, parseRelayUrl, verifyEvent } from '@mcp-nostr/core';

import { RelayError, TransportError } from './errors.ts';
import { limits } from './limits.ts';
import { RelayConnection } from './relay-connection.ts';
import type { RelayConnectionOptions, RelayState } from './relay-connection-options.ts';
import type { PublishOutcome } from './relay-publisher.ts';
import type { Filter } from './relay-subscription.ts';

export interface RelayPoolOptions extends RelayConnectionOptions {
  relays: string[];
}

export interface PublishOptions {
  /** Where alone the event goes while that relay is ready; its URL as `states` and `onevent` have it. */
  relay?: string | undefined;
  /** Once it is aborted the event is not written any more; what a socket took already runs its course. */
  signal?: AbortSignal | undefined;
  /** The event as JSON, where it is at hand. */
  json?: string | undefined;
}

/** Several relays as one: subscribed on all, published to all that are there, done at the first that took it. */
export class RelayPool {
  readonly #connections: RelayConnection[];
  /** Each ends the wait of one query for one relay. */
  readonly #queries: Set<() => void> = new Set();

  /** @throws {AddressError} for what is no relay's URL @throws {TransportError} `no_relays` */
  constructor(options: RelayPoolOptions) {
    const urls = [...new Set(options.relays.map(parseRelayUrl))];
    if (urls.length === 0)
      throw new TransportError('no_relays', 'no relay given: name at least one ws:// or wss:// URL');
    this.#connections = urls.map((url) => new RelayConnection(url, options));
  }

  get states(): RelayState[] {
    return this.#connections.map((connection) => connection.state);
  }

  get size(): number {
    return this.#connections.length;
  }

  /** Whether any of them is. */
  get isReady(): boolean {
    return this.#connections.some(isReady);
  }

  /** Returns how to end it. */
  subscribe(filters: () => Filter[], onevent: (event: NostrEvent, relay: string) => void): () => void {
    const ends = this.#connections.map((connection) =>
      connection.subscribe(filters, { onevent: (event) => onevent(event, connection.url) }),
    );
    return () => {
      for (const end of ends) end();
    };
  }

  /**
   * To the named relay if that is ready, else to all that are; where there are none, or all refuse, to the others: the
   * first that comes takes it.
   * Resolves with `accepted` or `sent` at the first that took it; else, when all have answered, with `lost` when one
   * went away with it, with `muted` when any said that nobody listens, and with `congested` when any may take it later.
   * @throws {TransportError} `relays_unreachable` when every relay refused it or could not be reached, `closed`
   */
  publish(event: NostrEvent, { relay, signal, json }: PublishOptions = {}): Promise<PublishOutcome> {
    const text = `["EVENT",${json ?? eventJson(event)}]`;
    const [first, others] = this.#choose(relay);
    const [only] = first;
    // Most pools are of one relay, and a frame costs no more there than its way to the socket.
    if (only !== undefined && first.length + others.length === 1)
      return only.publish(event, text, signal).catch(failOne);
    return publishToSeveral(first, others, event, text, signal);
  }

  /** Stored events, from every relay that answers in time, or from this one; each once and verified. */
  async query(
    filter: Filter,
    timeoutMs: number = limits.eoseTimeoutMs,
    relay?: string,
  ): Promise<NostrEvent[]> {
    const found = new Map<string, NostrEvent>();
    const asked = this.#connections.filter(({ url }) => relay === undefined || url === relay);
    await Promise.all(
      asked.map(
        (connection) =>
          new Promise<void>((resolve) => {
            const finish = (): void => {
              clearTimeout(timer);
              this.#queries.delete(finish);
              end();
              resolve();
            };
            const timer = setTimeout(finish, timeoutMs);
            this.#queries.add(finish);
            let count = 0;
            const end = connection.subscribe(() => [filter], {
              onevent: (event) => {
                if (++count > limits.maxQueriedEvents) return finish();
                if (!isWanted(filter, event) || found.has(event.id)) return;
                if (verifyEvent(event)) found.set(event.id, event);
              },
              oneose: finish,
              onclosed: finish,
            });
          }),
      ),
    );
    return [...found.values()];
  }

  /**
   * Bytes of plaintext that every relay in use surely takes. A relay that has not said what it takes yet is given
   * little; one that is away takes part again when it is back.
   */
  get frameBytes(): number {
    const sizes = this.#connections.filter(isReady).map(({ frameBytes }) => frameBytes);
    // One that takes next to nothing must not keep the others from carrying anything.
    const useful = sizes.filter((bytes) => bytes >= limits.leastFrameBytes);
    return Math.min(wire.maxPlaintextBytes, ...(useful.length > 0 ? useful : sizes));
  }

  close(): void {
    for (const finish of this.#queries) finish();
    for (const connection of this.#connections) connection.close();
  }

  /** Who is asked first, and who after all of those have refused. */
  #choose(relay: string | undefined): [RelayConnection[], RelayConnection[]] {
    const ready = this.#connections.filter(isReady);
    const named = relay === undefined ? undefined : ready.find(({ url }) => url === relay);
    if (named !== undefined) return [[named], []];
    if (ready.length === 0) return [this.#connections, []];
    return [ready, this.#connections.filter((connection) => !isReady(connection))];
  }
}

function isReady({ state }: RelayConnection): boolean {
  return state.status === 'ready';
}

function publishToSeveral(
  first: readonly RelayConnection[],
  others: RelayConnection[],
  event: NostrEvent,
  text: string,
  signal: AbortSignal | undefined,
): Promise<PublishOutcome> {
  return new Promise((resolve, reject) => {
    const unanswered = new Set<RelayConnection>();
    const errors: unknown[] = [];
    let word: PublishOutcome | undefined;
    const settle = (): void => {
      // A relay that is down keeps the event for its return, but does not hold up the word of the others.
      if (word === undefined ? unanswered.size > 0 : [...unanswered].some(isReady)) return;
      if (word === undefined) return reject(unreachable(errors));
      // What was not written by now must not be written any more; a socket that took it has the last word.
      for (const connection of unanswered) connection.withdraw(event.id);
      if (unanswered.size === 0) resolve(word);
    };
    const ask = (connection: RelayConnection): void => {
      unanswered.add(connection);
      connection.publish(event, text, signal).then(
        (outcome) => {
          unanswered.delete(connection);
          if (outcome !== 'accepted' && outcome !== 'sent') {
            word = weightier(outcome, word);
            return settle();
          }
          resolve(outcome);
          // The sender hears of a relay that comes back, and knows by then what is still worth sending.
          for (const other of unanswered) if (!isReady(other)) other.withdraw(event.id);
        },
        (error: unknown) => {
          unanswered.delete(connection);
          errors.push(error);
          // What is away has not refused it.
          if (word === undefined && unanswered.size === 0) others.splice(0).forEach(ask);
          settle();
        },
      );
    };
    first.forEach(ask);
  });
}

/** Of two words that are neither yes nor no; what may have arrived outweighs what surely has not. */
function weightier(a: PublishOutcome, b: PublishOutcome | undefined): PublishOutcome {
  return (['lost', 'muted'] as const).find((each) => each === a || each === b) ?? a;
}

/** A relay may send what nobody asked for; a signature is too dear to be checked for that. */
function isWanted({ kinds, authors }: Filter, event: NostrEvent): boolean {
  return (kinds?.includes(event.kind) ?? true) && (authors?.includes(event.pubkey) ?? true);
}

function failOne(error: unknown): never {
  throw unreachable([error]);
}

function unreachable(errors: unknown[]): TransportError {
  const closed = errors.find((error) => error instanceof RelayError && error.code === 'closed');
  if (closed instanceof RelayError) return new TransportError('closed', closed.message, { cause: closed });
  const relays = errors.map((error) =>
    error instanceof RelayError
      ? { url: error.relay, code: error.code, reason: error.message }
      : { url: 'relay', code: 'error', reason: String(error) },
  );
  const list = relays.map(({ url, reason }) => `${url} (${reason})`).join(', ');
  return new TransportError('relays_unreachable', `no relay took the message: ${list}`, {
    cause: errors[0],
    data: { relays },
  });
}
