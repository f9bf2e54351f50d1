import type { NostrEvent } from '@mcp-nostr/core';
import { WebSocket } from 'ws';

import { type ClientMessage, parseClientMessage } from './messages/client-messages.ts';
import type { Dispatcher } from './subscriptions/dispatcher.ts';
import type { Filter } from './messages/filter.ts';
import type { Intake, Subscriber } from './events/intake.ts';
import type { RelayLimits } from './limits.ts';
import { queryStored } from './subscriptions/querying.ts';
import { TokenBucket } from './rate.ts';
import { closed, notice, ok, rateLimited, type Reason } from './messages/relay-messages.ts';
import type { Counters } from './stats.ts';
import type { EventStore } from './store/event-store.ts';
import { LiveSubscription } from './subscriptions/subscription.ts';

/** What the connections of a relay share. */
export interface Shared {
  readonly limits: RelayLimits;
  readonly store: EventStore;
  readonly dispatcher: Dispatcher<Subscriber>;
  readonly intake: Intake;
  readonly counters: Counters;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** One client: its subscriptions, its rates and its output. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #shared: Shared;
  readonly #subscriptions = new Map<string, LiveSubscription>();
  readonly #eventRate: TokenBucket;
  readonly #filterRate: TokenBucket;
  /** One for all sends: what is pending shrinks whenever one of them has gone out. */
  readonly #onFlushed = (): void => this.#resume();
  #mustResume = false;
  #missedPongs = 0;

  constructor(socket: WebSocket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    const { limits, now } = shared;
    this.#eventRate = new TokenBucket(limits.eventsPerSecond, limits.eventBurst, now);
    this.#filterRate = new TokenBucket(limits.filtersPerSecond, limits.filterBurst, now);
    socket.on('message', (data, isBinary) => {
      this.#alive();
      if (isBinary || !Buffer.isBuffer(data)) {
        this.#complain('invalid: messages are text frames, this one is binary');
      } else this.#receive(data);
    });
    socket.on('ping', () => this.#alive());
    socket.on('pong', () => this.#alive());
    // What a peer does wrong on the WebSocket level: ws closes the connection, and `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#release());
  }

  /** False when the client can no longer be reached, or had to be cut because it does not read. */
  send(text: string): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    const pendingBytes = this.#socket.bufferedAmount;
    if (pendingBytes + text.length > this.#shared.limits.maxPendingBytes) {
      this.#shared.counters.cut += 1;
      this.#shared.log(`cut a connection that had ${pendingBytes} bytes to read`);
      this.#socket.terminate();
      return false;
    }
    this.#socket.send(text, this.#onFlushed);
    return true;
  }

  /** Whether stored events may be sent now; if not, their subscriptions are resumed when they may. */
  hasRoom(): boolean {
    const isFull = this.#socket.bufferedAmount > this.#shared.limits.softPendingBytes;
    if (isFull) this.#mustResume = true;
    return !isFull;
  }

  /** Asks for a sign of life, unless the last ones were not answered. */
  checkAlive(): void {
    if (this.#missedPongs >= this.#shared.limits.maxMissedPongs) {
      this.#socket.terminate();
    } else if (this.#socket.readyState === WebSocket.OPEN) {
      this.#missedPongs += 1;
      this.#socket.ping();
    }
  }

  /** Tells the client that the relay goes away. */
  goAway(): void {
    for (const id of this.#subscriptions.keys()) this.send(closed(id, 'error: shutting down'));
    this.#release();
    this.#socket.close(1001, 'shutting down');
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #alive(): void {
    this.#missedPongs = 0;
  }

  #receive(data: Buffer): void {
    try {
      this.#handle(parseClientMessage(data.toString(), data.length, this.#shared.limits));
    } catch (error) {
      // A fault of ours must not reach the socket, where it would end the process.
      this.#shared.log(`failed on a message: ${String(error)}`);
      this.send(notice('error: the relay failed on this message'));
    }
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'event':
        return this.#publish(message.event);
      case 'bad-event':
        return this.#refuse(message.id, message.reason);
      case 'request':
        return this.#subscribe(message.subscriptionId, message.filters);
      case 'bad-request':
        return this.#reject(message.subscriptionId, message.reason);
      case 'close':
        return this.#unsubscribe(message.subscriptionId);
      case 'malformed':
        return this.#complain(message.reason);
    }
  }

  #publish(event: NostrEvent): void {
    const waitMs = this.#eventRate.take();
    if (waitMs > 0) {
      this.#shared.counters.refused += 1;
      this.send(ok(event.id, false, rateLimited(waitMs)));
      return;
    }
    const verdict = this.#shared.intake.take(event);
    if (!verdict.accepted && verdict.forged) this.#eventRate.charge(this.#shared.limits.forgedEventCost);
    this.send(ok(event.id, verdict.accepted, verdict.message));
  }

  #refuse(id: string, reason: Reason): void {
    this.#shared.counters.refused += 1;
    const waitMs = this.#eventRate.take();
    this.send(ok(id, false, waitMs > 0 ? rateLimited(waitMs) : reason));
  }

  #complain(reason: Reason): void {
    const waitMs = this.#eventRate.take();
    this.send(notice(waitMs > 0 ? rateLimited(waitMs) : reason));
  }

  #subscribe(id: string, filters: Filter[]): void {
    const { limits, store, dispatcher, now } = this.#shared;
    // NIP-01: a REQ on a live id takes its place; refused, it leaves the id closed.
    this.#unsubscribe(id);
    const waitMs = this.#filterRate.take(filters.length);
    if (waitMs > 0) return this.#close(id, rateLimited(waitMs));
    if (this.#subscriptions.size >= limits.maxSubscriptions) {
      return this.#close(id, `restricted: at most ${limits.maxSubscriptions} subscriptions at a time`);
    }
    const subscription = new LiveSubscription(id, filters, this);
    let values = subscription.valueCount;
    for (const other of this.#subscriptions.values()) values += other.valueCount;
    if (values > limits.maxConnectionValues) {
      return this.#close(id, `restricted: at most ${limits.maxConnectionValues} filter values at a time`);
    }
    // In one step: an event is either among the stored or comes live, never both and never neither.
    const stored = queryStored(store, filters, limits, Math.floor(now() / 1000));
    this.#subscriptions.set(id, subscription);
    dispatcher.add(subscription);
    subscription.replay(stored);
  }

  #reject(id: string, reason: Reason): void {
    const waitMs = this.#filterRate.take();
    this.#close(id, waitMs > 0 ? rateLimited(waitMs) : reason);
  }

  #close(id: string, reason: Reason): void {
    this.#unsubscribe(id);
    this.send(closed(id, reason));
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    this.#subscriptions.delete(id);
    this.#shared.dispatcher.remove(subscription);
  }

  #resume(): void {
    if (!this.#mustResume || !this.hasRoom()) return;
    this.#mustResume = false;
    for (const subscription of this.#subscriptions.values()) subscription.resume();
  }

  #release(): void {
    for (const id of this.#subscriptions.keys()) this.#unsubscribe(id);
  }
}
