import type { NostrEvent } from '@mcp-nostr/core';

import { refusal, RelayError } from './errors.ts';
import { limits } from './limits.ts';
import type { RelayTiming } from './relay-timing.ts';

/**
 * `accepted`: the relay said OK. `sent`: a socket took it and no word came back. `lost`: a socket took it and was lost
 * before a word came. `muted`: the relay said that nobody is subscribed to it, which is neither delivery nor refusal. `congested`: the relay did not take it this time
 * (`rate-limited:`, `error:`) and may take it later, from a sender that slows down.
 */
export type PublishOutcome = 'accepted' | 'sent' | 'lost' | 'muted' | 'congested';

export interface RelayPublisherOptions {
  relay: string;
  timing: RelayTiming;
  /** The relay demands AUTH for an event. False when it cannot be given. */
  onauthrequired: () => boolean;
}

type Tell = (outcome: PublishOutcome | RelayError) => void;

interface Entry {
  readonly id: string;
  readonly text: string;
  readonly deadline: number;
  readonly tell: Tell | undefined;
  /** Ends the wait; also the listener on `signal`. */
  readonly withdraw: () => void;
  signal: AbortSignal | undefined;
  readonly promise: Promise<PublishOutcome>;
  /** The present socket took it; it waits for its OK. */
  isWritten: boolean;
  /** Why it has to be written again. */
  refused: RelayError | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The events on their way to one relay. An event waits for a socket up to its time-out, and lives on the one that took
 * it: what becomes of it when that is lost, and after a refusal that may pass, is the sender's to decide.
 */
export class RelayPublisher {
  readonly #options: RelayPublisherOptions;
  readonly #entries: Map<string, Entry> = new Map();
  #bytes = 0;
  #write: ((text: string) => void) | undefined;
  #isClosed = false;
  /** Why nothing can be written at the moment, for the error of an event that waited in vain. */
  #pauseReason = 'not connected yet';

  constructor(options: RelayPublisherOptions) {
    this.#options = options;
  }

  /** Whether some event waits for a socket that takes it. */
  get hasWaiting(): boolean {
    for (const { isWritten } of this.#entries.values()) if (!isWritten) return true;
    return false;
  }

  /**
   * `text` is the whole client message, made once for all relays. Once `signal` is aborted the event is not written
   * any more. Rejects with {@link RelayError}.
   */
  publish(event: NostrEvent, text: string, signal?: AbortSignal): Promise<PublishOutcome> {
    if (this.#isClosed) return Promise.reject(this.#error('closed', 'the connection was closed'));
    if (signal?.aborted === true) return Promise.reject(this.#error('closed', WITHDRAWN));
    // The same event again waits for the same answer.
    const pending = this.#entries.get(event.id);
    if (pending !== undefined) return join(pending, signal);
    const entry = this.#add(event.id, text, signal);
    if (this.#write === undefined) this.#wait(entry);
    else this.#send(entry, this.#write);
    this.#bound();
    return entry.promise;
  }

  /** Ends the wait of an event that no socket took yet; one that is written runs its course. */
  withdraw(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.isWritten === false) this.#settle(entry, this.#error('closed', WITHDRAWN));
  }

  /** The connection takes events now (subscriptions are up): all that wait go out in order. */
  open(write: (text: string) => void): void {
    if (this.#isClosed) return;
    this.#write = write;
    for (const entry of this.#entries.values()) if (!entry.isWritten) this.#send(entry, write);
  }

  /** The connection takes no more events for now, but still answers for those that it has. */
  pause(reason: string): void {
    this.#write = undefined;
    this.#pauseReason = reason;
  }

  /** The connection is gone. Nobody can say that what it took did not arrive; the rest waits for the next one. */
  lose(reason: string): void {
    this.pause(reason);
    for (const entry of this.#entries.values()) if (entry.isWritten) this.#settle(entry, 'lost');
  }

  handleOk(id: string, accepted: boolean, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (accepted) return this.#settle(entry, 'accepted');
    const error = refusal(this.#options.relay, reason);
    if (error.code === 'auth-required' && this.#options.onauthrequired()) {
      entry.isWritten = false;
      entry.refused = error;
      this.#wait(entry);
    } else this.#settle(entry, REFUSAL_OUTCOMES[error.code] ?? error);
  }

  close(): void {
    this.#isClosed = true;
    this.#write = undefined;
    const error = this.#error('closed', 'the connection was closed');
    for (const entry of this.#entries.values()) this.#settle(entry, error);
  }

  #add(id: string, text: string, signal: AbortSignal | undefined): Entry {
    let tell: Tell | undefined;
    const promise = new Promise<PublishOutcome>((resolve, reject) => {
      tell = (outcome) => (outcome instanceof RelayError ? reject(outcome) : resolve(outcome));
    });
    const entry: Entry = {
      id,
      text,
      deadline: performance.now() + this.#options.timing.publishTimeoutMs,
      tell,
      withdraw: () => this.withdraw(id),
      signal,
      promise,
      isWritten: false,
      refused: undefined,
      timer: undefined,
    };
    this.#entries.set(id, entry);
    this.#bytes += text.length;
    return entry;
  }

  #send(entry: Entry, write: (text: string) => void): void {
    entry.isWritten = true;
    entry.refused = undefined;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.#settle(entry, 'sent'), this.#options.timing.okTimeoutMs);
    write(entry.text);
  }

  #wait(entry: Entry): void {
    if (entry.signal?.aborted === true) return entry.withdraw();
    entry.signal?.addEventListener('abort', entry.withdraw);
    clearTimeout(entry.timer);
    const leftMs = Math.max(0, entry.deadline - performance.now());
    entry.timer = setTimeout(() => this.#giveUp(entry, this.#pauseReason), leftMs);
  }

  #giveUp(entry: Entry, reason: string): void {
    this.#settle(entry, entry.refused ?? this.#error('unreachable', reason));
  }

  #settle(entry: Entry, outcome: PublishOutcome | RelayError): void {
    clearTimeout(entry.timer);
    entry.signal?.removeEventListener('abort', entry.withdraw);
    this.#entries.delete(entry.id);
    this.#bytes -= entry.text.length;
    entry.tell?.(outcome);
  }

  #bound(): void {
    for (const entry of this.#entries.values()) {
      if (this.#entries.size <= limits.maxQueuedEvents && this.#bytes <= limits.maxQueuedBytes) return;
      // What a socket took waits only for an OK; its loss is the relay's to answer for, not the queue's.
      if (entry.isWritten) this.#settle(entry, 'sent');
      else this.#giveUp(entry, `${this.#pauseReason}; its queue is full`);
    }
  }

  #error(code: 'closed' | 'unreachable', message: string): RelayError {
    return new RelayError(code, this.#options.relay, message);
  }
}

const WITHDRAWN = 'the message was withdrawn before it was sent';

/** The refusals that are not final. `error:` is a fault of the relay's own, often a passing one. */
const REFUSAL_OUTCOMES: Partial<Record<RelayError['code'], PublishOutcome>> = {
  duplicate: 'accepted',
  mute: 'muted',
  'rate-limited': 'congested',
  error: 'congested',
};

/** What a second caller wants too must not go when the first one withdraws. */
function join(entry: Entry, signal: AbortSignal | undefined): Promise<PublishOutcome> {
  if (signal !== entry.signal) {
    entry.signal?.removeEventListener('abort', entry.withdraw);
    entry.signal = undefined;
  }
  return entry.promise;
}
