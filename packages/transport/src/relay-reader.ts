import type { NostrEvent } from '@mcp-nostr/core';

import { RelayError } from './errors.ts';
import { RelayConnection } from './relay-connection.ts';
import type { RelayConnectionOptions } from './relay-connection-options.ts';
import type { Filter } from './relay-subscription.ts';

export interface ReadOptions {
  /** What comes in one answer beyond this is not waited for. */
  maxEvents: number;
  /** Characters of content, likewise. */
  maxBytes: number;
  signal: AbortSignal;
}

/** One relay, asked for stored events by somebody who wants to know whether it has answered. */
export class RelayReader {
  readonly url: string;
  readonly #connection: RelayConnection;
  readonly #failing: Set<(error: RelayError) => void> = new Set();
  #failure: RelayError | undefined;

  /** `url`: as `parseRelayUrl` spells it. */
  constructor(url: string, options: Omit<RelayConnectionOptions, 'onstate'> = {}) {
    this.url = url;
    this.#connection = new RelayConnection(url, {
      ...options,
      onstate: ({ status, reason }) => {
        if (status === 'waiting')
          this.#fail(new RelayError('unreachable', url, reason ?? 'cannot be reached'));
      },
    });
  }

  /**
   * What the relay has stored, each event as it came: neither verified nor compared with the filters.
   * @throws {RelayError} when the relay refuses, or is lost; then nothing that it sends later counts
   */
  read(filters: readonly Filter[], { maxEvents, maxBytes, signal }: ReadOptions): Promise<NostrEvent[]> {
    return new Promise((resolve, reject) => {
      const events: NostrEvent[] = [];
      let bytes = 0;
      const finish = (end: () => void): void => {
        this.#failing.delete(fail);
        signal.removeEventListener('abort', abort);
        unsubscribe();
        end();
      };
      const fail = (error: RelayError): void => finish(() => reject(error));
      const abort = (): void => fail(new RelayError('unreachable', this.url, 'no answer in time'));
      const unsubscribe = this.#connection.subscribe(() => [...filters], {
        onevent: (event) => {
          events.push(event);
          bytes += event.content.length;
          if (events.length >= maxEvents || bytes >= maxBytes) finish(() => resolve(events));
        },
        oneose: () => finish(() => resolve(events)),
        onclosed: fail,
      });
      this.#failing.add(fail);
      signal.addEventListener('abort', abort);
      if (this.#failure !== undefined) fail(this.#failure);
      else if (signal.aborted) abort();
    });
  }

  close(): void {
    this.#connection.close();
    this.#fail(new RelayError('closed', this.url, 'the connection was closed'));
  }

  #fail(error: RelayError): void {
    this.#failure ??= error;
    for (const fail of this.#failing) fail(error);
  }
}
