import { frameBytesFor, type NostrEvent, parseRelayUrl, verifyEvent } from '@mcp-nostr/core';

import { RelayError, TransportError } from './errors.ts';
import { limits } from './limits.ts';
import { RelayConnection, type RelayConnectionOptions, type RelayState } from './relay-connection.ts';
import type { PublishOutcome } from './relay-publisher.ts';
import type { Filter } from './relay-subscription.ts';

export interface RelayPoolOptions extends RelayConnectionOptions {
  relays: string[];
}

/** Several relays as one: subscribed on all, published to all, done at the first that took it. */
export class RelayPool {
  readonly #connections: RelayConnection[];

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
   * To all relays. Resolves at the first that took it; `muted` when nobody listens on those that answered.
   * @throws {TransportError} `relays_unreachable` when every relay refused it or could not be reached, `closed`
   */
  publish(event: NostrEvent): Promise<PublishOutcome> {
    const text = `["EVENT",${JSON.stringify(event)}]`;
    return new Promise((resolve, reject) => {
      const refusals = new Map<RelayConnection, unknown>();
      let muted = false;
      const settle = (): void => {
        // A relay that is down keeps the event for its return, but does not hold up the word of the others.
        const open = this.#connections.filter(
          (connection) => !refusals.has(connection) && (!muted || connection.state.status === 'ready'),
        );
        if (open.length > 0) return;
        if (muted) resolve('muted');
        else reject(unreachable([...refusals.values()]));
      };
      for (const connection of this.#connections) {
        connection.publish(event, text).then(
          (outcome) => {
            if (outcome !== 'muted') return resolve(outcome);
            muted = true;
            refusals.set(connection, outcome);
            settle();
          },
          (error: unknown) => {
            refusals.set(connection, error);
            settle();
          },
        );
      }
    });
  }

  /** Stored events, from every relay that answers in time, each once and verified. */
  async query(filter: Filter, timeoutMs: number = limits.eoseTimeoutMs): Promise<NostrEvent[]> {
    const found = new Map<string, NostrEvent>();
    await Promise.all(
      this.#connections.map(
        (connection) =>
          new Promise<void>((resolve) => {
            const finish = (): void => {
              clearTimeout(timer);
              end();
              resolve();
            };
            const timer = setTimeout(finish, timeoutMs);
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

  /** The largest plaintext that every relay in use takes. Waits for their information, but not for long. */
  async frameBytes(): Promise<number> {
    const informations = await Promise.all(this.#connections.map((connection) => connection.information()));
    return Math.min(...informations.map(({ maxMessageBytes }) => frameBytesFor(maxMessageBytes)));
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** A relay may send what nobody asked for; a signature is too dear to be checked for that. */
function isWanted({ kinds, authors }: Filter, event: NostrEvent): boolean {
  return (kinds?.includes(event.kind) ?? true) && (authors?.includes(event.pubkey) ?? true);
}

function unreachable(errors: unknown[]): TransportError {
  if (errors.every((error) => error instanceof RelayError && error.code === 'closed')) {
    return new TransportError('closed', 'the connection was closed', { cause: errors[0] });
  }
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
