import type { NostrEvent } from '@mcp-nostr/core';

import { countValues, type Filter } from '../messages/filter.ts';
import { eose } from '../messages/relay-messages.ts';

/** Where a subscription sends to. */
export interface Output {
  /** False when the client can no longer be reached. */
  send(text: string): boolean;
  /** False while the client has enough to read; when it has read that, `resume` is called. */
  hasRoom(): boolean;
}

/** A REQ of one connection, from its arrival until CLOSE, CLOSED or the next REQ with its id. */
export class LiveSubscription {
  readonly id: string;
  readonly filters: readonly Filter[];
  readonly valueCount: number;
  readonly #output: Output;
  readonly #head: string;
  /** Stored events that are still to be sent, the next one last; nothing when EOSE is sent. */
  #stored: NostrEvent[] | undefined;

  constructor(id: string, filters: readonly Filter[], output: Output) {
    this.id = id;
    this.filters = filters;
    this.valueCount = filters.reduce((sum, filter) => sum + countValues(filter), 0);
    this.#output = output;
    this.#head = `["EVENT",${JSON.stringify(id)},`;
  }

  /** Sends the event, given as JSON, so that it is serialised once for all who get it. */
  deliver(eventJson: string): boolean {
    return this.#output.send(`${this.#head}${eventJson}]`);
  }

  /** Sends stored events in this order, and then EOSE. Live events may come in between: NIP-01 leaves that open. */
  replay(events: readonly NostrEvent[]): void {
    this.#stored = events.toReversed();
    this.resume();
  }

  /**
   * Goes on with the stored events as long as there is room: 500 large ones are more than a connection may owe, and
   * asking for them is no reason to be cut.
   */
  resume(): void {
    while (this.#stored !== undefined && this.#output.hasRoom()) {
      const event = this.#stored.pop();
      if (event === undefined) {
        this.#stored = undefined;
        this.#output.send(eose(this.id));
      } else if (!this.deliver(JSON.stringify(event))) {
        this.#stored = undefined;
      }
    }
  }
}
