import type { NostrEvent } from '@mcp-nostr/core';

import { refusal, RelayError } from './errors.ts';
import { limits } from './limits.ts';
import type { RelayTiming } from './relay-timing.ts';

/**
 * `accepted`: the relay said OK. `sent`: a socket took it and the relay said nothing. `muted`: the relay said
 * that nobody is subscribed to it, which is neither delivery nor refusal.
 */
export type PublishOutcome = 'accepted' | 'sent' | 'muted';

export interface RelayPublisherOptions {
  relay: string;
  timing: RelayTiming;
  /** The relay demands AUTH for an event. False when it cannot be given. */
  onauthrequired: () => boolean;
}

interface Entry {
  readonly text: string;
  readonly deadline: number;
  readonly settle: (outcome: PublishOutcome | RelayError) => void;
  promise: Promise<PublishOutcome>;
  /** On the present socket; it waits for its OK. */
  isWritten: boolean;
  /** Some socket took it and no refusal came, so nobody can say that it did not arrive. */
  mayHaveArrived: boolean;
  hasFailed: boolean;
  /** Sockets that took it and were lost before an OK. */
  lostWith: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The events on their way to one relay: kept over reconnections until an OK, a refusal or their time-out. */
export class RelayPublisher {
  readonly #options: RelayPublisherOptions;
  readonly #entries: Map<string, Entry> = new Map();
  #bytes = 0;
  #write: ((text: string) => void) | undefined;
  #isClosed = false;
  /** Why the relay cannot be reached at the moment, for the error of an event that waited in vain. */
  #pauseReason = 'not connected yet';

  constructor(options: RelayPublisherOptions) {
    this.#options = options;
  }

  /** `text` is the whole client message, made once for all relays. Rejects with {@link RelayError}. */
  publish(event: NostrEvent, text: string): Promise<PublishOutcome> {
    if (this.#isClosed) return Promise.reject(this.#error('closed', 'the connection was closed'));
    // The same event again waits for the same answer.
    const pending = this.#entries.get(event.id);
    if (pending !== undefined) return pending.promise;
    const entry = this.#add(event.id, text);
    this.#send(entry);
    this.#bound();
    return entry.promise;
  }

  /** The connection takes events now (subscriptions are up): all that wait go out in order. */
  open(write: (text: string) => void): void {
    if (this.#isClosed) return;
    this.#write = write;
    for (const entry of this.#entries.values()) if (!entry.isWritten) this.#send(entry);
  }

  /** The connection is gone: what has no OK yet goes out again on the next one; relays know a repeated id. */
  pause(reason: string): void {
    this.#write = undefined;
    this.#pauseReason = reason;
    for (const entry of this.#entries.values()) {
      if (!entry.isWritten) continue;
      entry.isWritten = false;
      // Some relays cut the connection over an event that is too large: it must not take the next one with it too.
      if (++entry.lostWith >= limits.maxWrites) entry.settle('sent');
      else this.#wait(entry);
    }
  }

  handleOk(id: string, accepted: boolean, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (accepted) return entry.settle('accepted');
    const error = refusal(this.#options.relay, reason);
    if (error.code === 'duplicate') return entry.settle('accepted');
    if (error.code === 'mute') return entry.settle('muted');
    entry.isWritten = false;
    entry.mayHaveArrived = false;
    if (error.code === 'auth-required' && this.#options.onauthrequired()) this.#wait(entry, error);
    else if (this.#isWorthAnotherTry(entry, error)) {
      entry.hasFailed = true;
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => this.#send(entry), this.#options.timing.rateLimitRetryMs);
    } else entry.settle(error);
  }

  close(): void {
    this.#isClosed = true;
    this.#write = undefined;
    const error = this.#error('closed', 'the connection was closed');
    for (const entry of this.#entries.values()) entry.settle(error);
  }

  #add(id: string, text: string): Entry {
    let tell: ((outcome: PublishOutcome | RelayError) => void) | undefined;
    const promise = new Promise<PublishOutcome>((resolve, reject) => {
      tell = (outcome) => (outcome instanceof RelayError ? reject(outcome) : resolve(outcome));
    });
    const entry: Entry = {
      text,
      deadline: performance.now() + this.#options.timing.publishTimeoutMs,
      promise,
      isWritten: false,
      mayHaveArrived: false,
      hasFailed: false,
      lostWith: 0,
      timer: undefined,
      settle: (outcome) => {
        clearTimeout(entry.timer);
        if (!this.#entries.delete(id)) return;
        this.#bytes -= text.length;
        tell?.(outcome);
      },
    };
    this.#entries.set(id, entry);
    this.#bytes += text.length;
    return entry;
  }

  #send(entry: Entry): void {
    if (this.#write === undefined) return this.#wait(entry);
    entry.isWritten = true;
    entry.mayHaveArrived = true;
    this.#write(entry.text);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => entry.settle('sent'), this.#options.timing.okTimeoutMs);
  }

  #wait(entry: Entry, refused?: RelayError): void {
    clearTimeout(entry.timer);
    const giveUp = (): void =>
      entry.settle(
        entry.mayHaveArrived ? 'sent' : (refused ?? this.#error('unreachable', this.#pauseReason)),
      );
    entry.timer = setTimeout(giveUp, Math.max(0, entry.deadline - performance.now()));
  }

  /** `error:` is a fault of the relay's own: often a passing one, and often the word for everything. */
  #isWorthAnotherTry(entry: Entry, { code }: RelayError): boolean {
    if (code !== 'rate-limited' && (code !== 'error' || entry.hasFailed)) return false;
    return entry.deadline - performance.now() > this.#options.timing.rateLimitRetryMs;
  }

  #bound(): void {
    for (const entry of this.#entries.values()) {
      if (this.#entries.size <= limits.maxQueuedEvents && this.#bytes <= limits.maxQueuedBytes) return;
      // What a socket took waits only for an OK; its loss is the relay's to answer for, not the queue's.
      entry.settle(
        entry.mayHaveArrived ? 'sent' : this.#error('unreachable', `${this.#pauseReason}; its queue is full`),
      );
    }
  }

  #error(code: 'closed' | 'unreachable', message: string): RelayError {
    return new RelayError(code, this.#options.relay, message);
  }
}
