import type { NostrEvent } from '@mcp-nostr/core';

import { RelayError } from './errors.ts';
import { RelayConnection } from './relay-connection.ts';
import type { RelayConnectionOptions } from './relay-connection-options.ts';
import type { Filter } from './relay-subscription.ts';

export interface RelayReaderOptions extends Omit<RelayConnectionOptions, 'onstate'> {
  /** Characters in content and tags of all answers together: who sends more is not listened to any longer. */
  maxLength: number;
}

export interface ReadOptions {
  /** What comes in one answer beyond this is not waited for. */
  maxEvents: number;
  signal: AbortSignal;
}

/** One relay, asked for stored events by somebody who wants to know whether it has answered. */
export class RelayReader {
  readonly url: string;
  readonly #connection: RelayConnection;
  readonly #failing: Set<(error: RelayError) => void> = new Set();
  #failure: RelayError | undefined;
  #lengthLeft: number;

  /** `url`: as `parseRelayUrl` spells it. */
  constructor(url: string, { maxLength, ...options }: RelayReaderOptions) {
    this.url = url;
    this.#lengthLeft = maxLength;
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
  read(filters: readonly Filter[], { maxEvents, signal }: ReadOptions): Promise<NostrEvent[]> {
    return new Promise((resolve, reject) => {
      const events: NostrEvent[] = [];
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
          this.#lengthLeft -= lengthOf(event);
          if (this.#lengthLeft < 0)
            return this.#fail(new RelayError('error', this.url, 'sends more than is taken'));
          events.push(event);
          if (events.length >= maxEvents) finish(() => resolve(events));
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

function lengthOf({ content, tags }: NostrEvent): number {
  return tags.reduce((length, tag) => tag.reduce((sum, text) => sum + text.length, length), content.length);
}
