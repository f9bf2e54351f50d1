import type { NostrEvent, Signer } from '@mcp-nostr/core';

import { openSocket } from '#websocket';

import { Backoff } from './backoff.ts';
import { refusal, type RelayError } from './errors.ts';
import { limits } from './limits.ts';
import { Liveness } from './liveness.ts';
import { signAuthEvent } from './relay-auth.ts';
import { fetchRelayInformation, type RelayInformation } from './relay-information.ts';
import { parseRelayMessage } from './relay-messages.ts';
import { type PublishOutcome, RelayPublisher } from './relay-publisher.ts';
import type { Filter, Subscription, SubscriptionHandlers } from './relay-subscription.ts';
import type { Socket } from './socket.ts';

export interface RelayState {
  url: string;
  /** `waiting`: the last attempt failed, for `reason`, and another follows by itself. */
  status: 'connecting' | 'ready' | 'waiting' | 'closed';
  reason?: string;
  /** From the request for our subscriptions to the answer that they are live. */
  latencyMs?: number;
}

export interface RelayConnectionOptions {
  /** Answers a relay's demand for AUTH (NIP-42); without it such a relay cannot be used. */
  signer?: Signer | undefined;
  onstate?: ((state: RelayState) => void) | undefined;
  onnotice?: ((relay: string, text: string) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

/**
 * NIP-01 over one socket that is opened again for ever. After each opening the subscriptions go first, and events
 * only when they are live: the answer to an ephemeral event that nobody is subscribed to is gone.
 */
export class RelayConnection {
  readonly url: string;
  readonly #options: RelayConnectionOptions;
  readonly #backoff = new Backoff();
  readonly #publisher: RelayPublisher;
  readonly #subscriptions: Map<string, Subscription> = new Map();
  readonly #aborter = new AbortController();
  #socket: Socket | undefined;
  #liveness: Liveness | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: RelayState;
  #openedAt = 0;
  #subscribedAt = 0;
  #challenge: string | undefined;
  #authEventId: string | undefined;
  #isAuthenticated = false;
  #nextSubscription = 0;
  #information: Promise<RelayInformation> | undefined;

  constructor(url: string, options: RelayConnectionOptions = {}) {
    this.url = url;
    this.#options = options;
    this.#state = { url, status: 'connecting' };
    this.#publisher = new RelayPublisher(url, () => this.#authenticate());
    this.#connect();
  }

  get state(): RelayState {
    return this.#state;
  }

  /** The relay's information document (NIP-11), asked for once. */
  information(): Promise<RelayInformation> {
    this.#information ??= fetchRelayInformation(this.url, this.#aborter.signal);
    return this.#information;
  }

  /** Returns how to end it. */
  subscribe(filters: () => Filter[], handlers: SubscriptionHandlers): () => void {
    const subscription: Subscription = {
      ...handlers,
      id: `s${this.#nextSubscription++}`,
      filters,
      live: false,
    };
    this.#subscriptions.set(subscription.id, subscription);
    if (this.#openedAt > 0) this.#request(subscription);
    return () => {
      if (this.#subscriptions.delete(subscription.id) && this.#openedAt > 0) {
        this.#socket?.send(JSON.stringify(['CLOSE', subscription.id]));
      }
    };
  }

  /** `text` is the EVENT message for `event`, serialised once for all relays. Rejects with `RelayError`. */
  publish(event: NostrEvent, text: string): Promise<PublishOutcome> {
    return this.#publisher.publish(event, text);
  }

  close(): void {
    if (this.#state.status === 'closed') return;
    clearTimeout(this.#timer);
    this.#aborter.abort();
    this.#liveness?.close();
    this.#publisher.close();
    this.#subscriptions.clear();
    this.#setState({ url: this.url, status: 'closed' });
    this.#socket?.close();
    this.#socket = undefined;
  }

  #connect(): void {
    this.#setState({ ...this.#state, status: 'connecting' });
    const socket: Socket = openSocket(this.url, {
      onopen: () => this.#onopen(socket),
      onmessage: (text) => {
        if (this.#socket === socket) this.#onmessage(text);
      },
      onpong: () => this.#liveness?.heard(),
      onclose: (reason) => {
        if (this.#socket === socket) this.#lost(reason);
      },
    });
    this.#socket = socket;
  }

  #onopen(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#openedAt = performance.now();
    this.#subscribedAt = this.#openedAt;
    this.#liveness = new Liveness({
      ping: () => {
        // A browser has no ping: a request that matches nothing is answered by EOSE.
        if (!socket.ping()) socket.send('["REQ","ping",{"kinds":[0],"limit":0}]');
      },
      ondead: () => this.#fail('no answer to a ping'),
    });
    for (const subscription of this.#subscriptions.values()) this.#request(subscription);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ready(), limits.eoseTimeoutMs);
    if (this.#subscriptions.size === 0) this.#ready();
  }

  #request(subscription: Subscription): void {
    subscription.live = false;
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
        if (message.id === this.#authEventId) this.#authenticated(message.accepted, message.reason);
        else this.#publisher.handleOk(message.id, message.accepted, message.reason);
        break;
      case 'EOSE':
        this.#live(message.subscription);
        break;
      case 'CLOSED':
        this.#closedByRelay(message.subscription, refusal(this.url, message.reason));
        break;
      case 'NOTICE':
        this.#options.onnotice?.(this.url, message.text);
        break;
      case 'AUTH':
        this.#challenge = message.challenge;
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
    if ([...this.#subscriptions.values()].every((each) => each.live)) this.#ready();
  }

  #ready(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#state.status === 'ready' || this.#state.status === 'closed') return;
    clearTimeout(this.#timer);
    const latencyMs = performance.now() - this.#subscribedAt;
    this.#setState({ url: this.url, status: 'ready', latencyMs });
    this.#publisher.open((text) => socket.send(text));
  }

  #closedByRelay(id: string, error: RelayError): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    if (error.code === 'auth-required' && this.#options.signer !== undefined && !this.#isAuthenticated) {
      return this.#authenticate();
    }
    if (subscription.onclosed !== undefined) {
      this.#subscriptions.delete(id);
      subscription.onclosed(error);
    } else {
      // Without what it asked for this connection is deaf; perhaps the relay thinks better of it later.
      this.#fail(error.message);
    }
  }

  /** On demand only: who merely passes through need not tell the relay who they are. */
  #authenticate(): void {
    const { signer } = this.#options;
    const challenge = this.#challenge;
    if (signer === undefined || challenge === undefined || this.#authEventId !== undefined) return;
    this.#authEventId = '';
    const now = this.#options.now ?? Date.now;
    signAuthEvent(signer, this.url, challenge, Math.floor(now() / 1000)).then(
      (event) => {
        if (this.#challenge !== challenge) return;
        this.#authEventId = event.id;
        this.#socket?.send(JSON.stringify(['AUTH', event]));
      },
      (error: unknown) => this.#fail(`auth-required: the signer refused (${String(error)})`),
    );
  }

  #authenticated(accepted: boolean, reason: string): void {
    if (!accepted) return this.#fail(reason === '' ? 'auth-required: refused' : reason);
    this.#isAuthenticated = true;
    for (const subscription of this.#subscriptions.values())
      if (!subscription.live) this.#request(subscription);
    if (this.#state.status === 'ready') {
      const socket = this.#socket;
      if (socket !== undefined) this.#publisher.open((text) => socket.send(text));
    }
  }

  /** Gives up this socket; the next attempt follows. */
  #fail(reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#lost(reason);
    socket.close();
  }

  #lost(reason: string): void {
    this.#socket = undefined;
    this.#liveness?.close();
    this.#publisher.pause(reason);
    this.#challenge = undefined;
    this.#authEventId = undefined;
    this.#isAuthenticated = false;
    for (const subscription of this.#subscriptions.values()) subscription.live = false;
    if (this.#state.status === 'closed') return;
    const lived = this.#openedAt > 0 ? performance.now() - this.#openedAt : 0;
    this.#openedAt = 0;
    if (lived > limits.reconnectResetMs) this.#backoff.reset();
    this.#setState({ url: this.url, status: 'waiting', reason });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.nextMs());
  }

  #setState(state: RelayState): void {
    this.#state = state;
    this.#options.onstate?.(state);
  }
}
