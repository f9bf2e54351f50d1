import { frameBytesFor, type NostrEvent } from '@mcp-nostr/core';

import { openSocket } from '#websocket';

import { Backoff } from './backoff.ts';
import { refusal, type RelayError } from './errors.ts';
import { limits } from './limits.ts';
import { Liveness } from './liveness.ts';
import { RelayAuth } from './relay-auth.ts';
import type { RelayConnectionOptions, RelayState } from './relay-connection-options.ts';
import { fetchRelayInformation } from './relay-information.ts';
import { parseRelayMessage } from './relay-messages.ts';
import { type PublishOutcome, RelayPublisher } from './relay-publisher.ts';
import type { Filter, Subscription, SubscriptionHandlers } from './relay-subscription.ts';
import { type RelayTiming, relayTiming } from './relay-timing.ts';
import type { Socket } from './socket.ts';

/** Matches nothing, so that the answer is EOSE and no event, at once and ever after. */
const PING = `["REQ","ping",{"ids":["${'0'.repeat(64)}"],"limit":1}]`;

/**
 * NIP-01 over one socket that is opened again for ever. After each opening the subscriptions go first, and events
 * only when they are live: the answer to an ephemeral event that nobody is subscribed to is gone.
 */
export class RelayConnection {
  readonly url: string;
  readonly #options: RelayConnectionOptions;
  readonly #timing: RelayTiming;
  readonly #backoff: Backoff;
  readonly #publisher: RelayPublisher;
  readonly #subscriptions: Map<string, Subscription> = new Map();
  readonly #aborter = new AbortController();
  #socket: Socket | undefined;
  #liveness: Liveness | undefined;
  #auth: RelayAuth | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: RelayState;
  #openedAt = 0;
  #subscribedAt = 0;
  #nextSubscription = 0;
  #frameBytes: number = limits.smallFrameBytes;

  constructor(url: string, options: RelayConnectionOptions = {}) {
    this.url = url;
    this.#options = options;
    this.#timing = relayTiming(options.timing);
    this.#backoff = new Backoff(() => this.#connect(), options.random);
    this.#state = { url, status: 'connecting' };
    this.#publisher = new RelayPublisher({
      relay: url,
      timing: this.#timing,
      onauthrequired: () => this.#auth?.demand() ?? false,
    });
    this.#connect();
  }

  get state(): RelayState {
    return this.#state;
  }

  /** Bytes of plaintext that the relay surely takes, as far as is known now. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  /** Returns how to end it. */
  subscribe(filters: () => Filter[], handlers: SubscriptionHandlers): () => void {
    const id = `s${this.#nextSubscription++}`;
    const subscription: Subscription = { ...handlers, id, filters, live: false };
    this.#subscriptions.set(id, subscription);
    if (this.#openedAt > 0) this.#request(subscription);
    return () => {
      if (!this.#subscriptions.delete(id) || this.#openedAt === 0) return;
      this.#socket?.send(JSON.stringify(['CLOSE', id]));
      this.#readyWhenLive();
    };
  }

  /** See {@link RelayPublisher.publish}; the event also brings forward the next attempt at a relay that is away. */
  publish(event: NostrEvent, text: string, signal?: AbortSignal): Promise<PublishOutcome> {
    if (this.#state.status === 'waiting') this.#backoff.hurry();
    return this.#publisher.publish(event, text, signal);
  }

  /** Ends the wait of an event that was not written yet. */
  withdraw(id: string): void {
    this.#publisher.withdraw(id);
  }

  close(): void {
    if (this.#state.status === 'closed') return;
    this.#setState({ url: this.url, status: 'closed' });
    clearTimeout(this.#timer);
    this.#backoff.close();
    this.#aborter.abort();
    this.#liveness?.close();
    this.#auth?.close();
    this.#publisher.close();
    this.#subscriptions.clear();
    this.#openedAt = 0;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #connect(): void {
    const socket: Socket = openSocket(this.url, {
      onopen: () => {
        if (this.#socket === socket) this.#onopen(socket);
      },
      onmessage: (text) => {
        if (this.#socket === socket) this.#onmessage(text);
      },
      onpong: () => {
        if (this.#socket === socket) this.#liveness?.heard();
      },
      onclose: (reason) => {
        if (this.#socket === socket) this.#lost(reason);
      },
    });
    this.#socket = socket;
    this.#setState({ ...this.#state, status: 'connecting' });
  }

  #onopen(socket: Socket): void {
    const { idlePingMs, pongTimeoutMs, authTimeoutMs } = this.#timing;
    this.#openedAt = performance.now();
    void this.#readInformation(socket); // it never rejects
    this.#liveness = new Liveness({
      idlePingMs,
      pongTimeoutMs,
      // A browser has no ping.
      ping: () => {
        if (!socket.ping()) socket.send(PING);
      },
      ondead: () => this.#fail('no answer to a ping'),
    });
    this.#auth = new RelayAuth({
      relay: this.url,
      signer: this.#options.signer,
      timeoutMs: authTimeoutMs,
      now: this.#options.now ?? Date.now,
      send: (text) => socket.send(text),
      onaccepted: () => {
        if (this.#state.status === 'ready') this.#publisher.open((text) => socket.send(text));
        else this.#requestMissing();
      },
      onfailed: (reason) => this.#fail(reason),
    });
    this.#requestMissing();
  }

  /** What the relay says of itself (NIP-11), asked for once per socket: a restart may change it. */
  async #readInformation(socket: Socket): Promise<void> {
    this.#frameBytes = limits.smallFrameBytes;
    const { maxMessageBytes } = await fetchRelayInformation(this.url, this.#aborter.signal);
    if (this.#socket === socket) this.#frameBytes = frameBytesFor(maxMessageBytes);
  }

  /** Asks for every subscription that is not live. */
  #requestMissing(): void {
    this.#subscribedAt = performance.now();
    for (const subscription of this.#subscriptions.values())
      if (!subscription.live) this.#request(subscription);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ready(), this.#timing.eoseTimeoutMs);
    this.#readyWhenLive();
  }

  #request(subscription: Subscription): void {
    this.#socket?.send(JSON.stringify(['REQ', subscription.id, ...subscription.filters()]));
  }

  #onmessage(text: string): void {
    this.#liveness?.heard();
    const message = parseRelayMessage(text);
    switch (message?.type) {
      case 'EVENT':
        this.#subscriptions.get(message.subscription)?.onevent(message.event);
        break;
      case 'OK':
        if (this.#auth?.handleOk(message.id, message.accepted, message.reason) !== true)
          this.#publisher.handleOk(message.id, message.accepted, message.reason);
        break;
      case 'EOSE':
        this.#live(message.subscription);
        break;
      case 'CLOSED':
        this.#closedByRelay(message.subscription, refusal(this.url, message.reason));
        break;
      case 'NOTICE':
        this.#tell(() => this.#options.onnotice?.(this.url, message.text));
        break;
      case 'AUTH':
        this.#auth?.challenge(message.challenge);
        break;
      case undefined:
        break;
    }
  }

  #live(id: string): void {
    if (id === 'ping') this.#socket?.send('["CLOSE","ping"]');
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    subscription.live = true;
    subscription.oneose?.();
    this.#readyWhenLive();
  }

  #readyWhenLive(): void {
    if ([...this.#subscriptions.values()].every(({ live }) => live)) this.#ready();
  }

  #ready(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#state.status === 'ready') return;
    clearTimeout(this.#timer);
    const latencyMs = performance.now() - this.#subscribedAt;
    this.#publisher.open((text) => socket.send(text));
    this.#setState({ url: this.url, status: 'ready', latencyMs });
  }

  #closedByRelay(id: string, error: RelayError): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    subscription.live = false;
    if (error.code === 'auth-required' && this.#auth?.demand() === true) this.#deaf(error.message);
    else if (subscription.onclosed === undefined) {
      // Without what it asked for this connection is deaf; perhaps the relay thinks better of it later.
      this.#fail(error.message);
    } else {
      this.#subscriptions.delete(id);
      subscription.onclosed(error);
      this.#readyWhenLive();
    }
  }

  /** Until we are heard out nothing is published: its answer would not reach us. */
  #deaf(reason: string): void {
    clearTimeout(this.#timer);
    this.#publisher.pause(reason);
    this.#setState({ url: this.url, status: 'connecting', reason });
  }

  /** Gives up this socket; the next attempt follows. */
  #fail(reason: string): void {
    const socket = this.#socket;
    if (socket !== undefined) this.#lost(reason);
    socket?.close();
  }

  #lost(reason: string): void {
    this.#socket = undefined;
    this.#liveness?.close();
    this.#auth?.close();
    this.#auth = undefined;
    this.#publisher.lose(reason);
    for (const subscription of this.#subscriptions.values()) subscription.live = false;
    const livedMs = this.#openedAt > 0 ? performance.now() - this.#openedAt : 0;
    this.#openedAt = 0;
    clearTimeout(this.#timer);
    this.#backoff.schedule(livedMs, this.#publisher.hasWaiting);
    this.#setState({ url: this.url, status: 'waiting', reason });
  }

  #setState(state: RelayState): void {
    this.#state = state;
    this.#tell(() => this.#options.onstate?.(state));
  }

  /** Not at once: a handler may close this connection, throw, or ask a pool that is still being made. */
  #tell(handler: () => void): void {
    queueMicrotask(() => {
      try {
        handler();
      } catch {
        // Whoever watches must not be able to end the process.
      }
    });
  }
}
