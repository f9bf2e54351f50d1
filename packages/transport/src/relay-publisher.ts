import type { NostrEvent } from '@mcp-nostr/core';

import { refusal, RelayError } from './errors.ts';
import { limits } from './limits.ts';

/**
 * `accepted`: the relay said OK. `sent`: the socket took it and the relay said nothing. `muted`: the relay said
 * that nobody is subscribed to it, which is neither delivery nor refusal.
 */
export type PublishOutcome = 'accepted' | 'sent' | 'muted';

interface Entry {
  readonly text: string;
  readonly deadline: number;
  readonly settle: (outcome: PublishOutcome | RelayError) => void;
  written: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The events on their way to one relay: kept over reconnections until an OK, a refusal or their time-out. */
export class RelayPublisher {
  readonly #relay: string;
  readonly #onauthrequired: () => void;
  readonly #entries: Map<string, Entry> = new Map();
  #bytes = 0;
  #write: ((text: string) => void) | undefined;
  /** Why the relay cannot be reached at the moment, for the error of an event that waited in vain. */
  unreachableReason = 'not connected yet';

  constructor(relay: string, onauthrequired: () => void) {
    this.#relay = relay;
    this.#onauthrequired = onauthrequired;
  }

  /** `text` is the whole client message, made once for all relays. Rejects with {@link RelayError}. */
  publish(event: NostrEvent, text: string): Promise<PublishOutcome> {
    return new Promise((resolve, reject) => {
      this.#entries.get(event.id)?.settle('sent');
      const entry: Entry = {
        text,
        deadline: performance.now() + limits.publishTimeoutMs,
        written: false,
        timer: undefined,
        settle: (outcome) => {
          clearTimeout(entry.timer);
          if (this.#entries.get(event.id) !== entry) return;
          this.#entries.delete(event.id);
          this.#bytes -= text.length;
          if (outcome instanceof RelayError) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#entries.set(event.id, entry);
      this.#bytes += text.length;
      if (this.#write === undefined) this.#wait(entry);
      else this.#send(entry);
      this.#bound();
    });
  }

  /** The connection takes events now (subscriptions are up): all that wait go out in order. */
  open(write: (text: string) => void): void {
    this.#write = write;
    for (const entry of this.#entries.values()) this.#send(entry);
  }

  /** The connection is gone: what has no OK yet goes out again on the next one; relays know a repeated id. */
  pause(reason: string): void {
    this.#write = undefined;
    this.unreachableReason = reason;
    for (const entry of this.#entries.values()) {
      if (entry.written) this.#wait(entry);
      entry.written = false;
    }
  }

  handleOk(id: string, accepted: boolean, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (accepted) return entry.settle('accepted');
    const error = refusal(this.#relay, reason);
    if (error.code === 'duplicate') entry.settle('accepted');
    else if (error.code === 'mute') entry.settle('muted');
    else if (error.code === 'auth-required') {
      this.#wait(entry, error);
      entry.written = false;
      this.#onauthrequired();
    } else if (
      error.code === 'rate-limited' &&
      entry.deadline - performance.now() > limits.rateLimitRetryMs
    ) {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => this.#send(entry), limits.rateLimitRetryMs);
    } else entry.settle(error);
  }

  close(): void {
    this.#write = undefined;
    const error = new RelayError('closed', this.#relay, 'the connection was closed');
    for (const entry of this.#entries.values()) entry.settle(error);
  }

  #send(entry: Entry): void {
    if (this.#write === undefined) return this.#wait(entry);
    entry.written = true;
    this.#write(entry.text);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => entry.settle('sent'), limits.okTimeoutMs);
  }

  #wait(entry: Entry, refused?: RelayError): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(
      () => entry.settle(refused ?? new RelayError('unreachable', this.#relay, this.unreachableReason)),
      Math.max(0, entry.deadline - performance.now()),
    );
  }

  #bound(): void {
    for (const entry of this.#entries.values()) {
      if (this.#entries.size <= limits.maxQueuedEvents && this.#bytes <= limits.maxQueuedBytes) return;
      // Written ones wait only for an OK; their loss is the relay's to answer for, not the queue's.
      if (entry.written) entry.settle('sent');
      else
        entry.settle(
          new RelayError('unreachable', this.#relay, `${this.unreachableReason}; its queue is full`),
        );
    }
  }
}
