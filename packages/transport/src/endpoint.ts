import {
  encodeFrame,
  EPHEMERAL_GIFT_WRAP_KIND,
  type Frame,
  GIFT_WRAP_KIND,
  type LinkTag,
  limits as wire,
  MESSAGE_KIND,
  type NostrEvent,
  type Signer,
  tagValue,
  wrapEvent,
  wrapJson,
  type WrapKey,
} from '@mcp-nostr/core';
import { type BareMessage, encodeBare } from '@mcp-nostr/core/contextvm';

import { boundedSigner } from './bounded-signer.ts';
import { TransportError } from './errors.ts';
import { Reach } from './reach.ts';
import { type Encryption, type Form, type IncomingBare, type IncomingFrame, Receiver } from './receiver.ts';
import type { RelayState } from './relay-connection-options.ts';
import { type PublishOptions, RelayPool } from './relay-pool.ts';
import type { PublishOutcome } from './relay-publisher.ts';
import type { Filter } from './relay-subscription.ts';
import { WrapKeys } from './wrap-keys.ts';

export interface EndpointOptions {
  pubkey: string;
  signer: Signer;
  relays: string[];
  encryption: Encryption;
  accepts: (author: string, link: LinkTag) => boolean;
  onframe: (frame: IncomingFrame) => void;
  /** Messages without a link are taken, see `ReceiverOptions`. */
  acceptsBare?: ((author: string, message: BareMessage) => boolean) | undefined;
  onbare?: ((incoming: IncomingBare) => void) | undefined;
  hearsPlain?: boolean | undefined;
  /** Stored gift wraps are asked for from the start; see `hearStored()`. */
  storedWraps?: boolean | undefined;
  /** The set of usable relays changed; `isNew` when one became usable. */
  onreach: (isReachable: boolean, isNew: boolean) => void;
  /** An event that was dropped, and why. */
  ondropped?: ((error: Error, relay: string) => void) | undefined;
  onstate?: ((state: RelayState) => void) | undefined;
  onnotice?: ((relay: string, text: string) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

export interface EndpointPublishOptions extends Omit<PublishOptions, 'json'> {
  /** Nothing more goes to this recipient soon. */
  isLast?: boolean;
  /** Of a large message: the parts of one share their wraps' key for a while. @default what its tags say */
  isPart?: boolean;
}

type WrapKind = typeof GIFT_WRAP_KIND | typeof EPHEMERAL_GIFT_WRAP_KIND;

/** One key on some relays: frames to anyone, frames from anyone. */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #signer: Signer;
  readonly #pool: RelayPool;
  readonly #wrapKeys = new WrapKeys();
  readonly #receiver: Receiver;
  readonly #reach = new Reach();
  #hearsStored = false;
  #isClosed = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#signer = boundedSigner(options.signer);
    this.#receiver = new Receiver({ ...options, signer: this.#signer });
    this.#pool = new RelayPool({
      ...options,
      signer: this.#signer,
      onstate: (state) => this.#onstate(state),
    });
    this.#subscribe(this.#kinds());
    if (options.storedWraps === true) this.hearStored();
  }

  get relays(): RelayState[] {
    return this.#pool.states;
  }

  get relayCount(): number {
    return this.#pool.size;
  }

  /** A relay is connected and our subscription on it is live. */
  get isReachable(): boolean {
    return !this.#isClosed && this.#pool.isReady;
  }

  /**
   * Resolves when a relay can be used.
   * @throws {TransportError} `relays_unreachable` when none could within this time, `closed`
   */
  async reached(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isReachable && !this.#isClosed) await this.#reach.wait(timeoutMs, signal);
    if (this.#isClosed) throw new TransportError('closed', 'the connections to the relays are closed');
  }

  /** Bytes of plaintext that every relay in use takes, as far as is known now. */
  get frameBytes(): number {
    return this.#pool.frameBytes;
  }

  /** Seconds since 1970. */
  nowSeconds(): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1000);
  }

  /**
   * From now on relays are asked for stored gift wraps (1059) too: some peers know no other. Not before, and not without
   * need: they are their owner's private mail as well.
   */
  hearStored(): void {
    if (this.#hearsStored || this.#options.encryption === 'none') return;
    this.#hearsStored = true;
    this.#subscribe([GIFT_WRAP_KIND]);
  }

  /** Signs a message without a link for its recipient. `createdAt` in seconds. */
  signBare(message: BareMessage, recipient: string, createdAt: number): Promise<NostrEvent> {
    return this.#signer.signEvent(encodeBare(message, recipient, createdAt));
  }

  /** Signs a frame for its recipient. `createdAt` in seconds. */
  sign(frame: Frame, recipient: string, createdAt: number): Promise<NostrEvent> {
    return this.#signer.signEvent(encodeFrame(frame, recipient, createdAt));
  }

  /**
   * Brings a signed frame on its way, in a fresh wrap: relays swallow an id that they have seen.
   * @throws {TransportError} `relays_unreachable`, `closed`
   */
  publish(
    event: NostrEvent,
    recipient: string,
    form: Form,
    options: EndpointPublishOptions = {},
  ): Promise<PublishOutcome> {
    if (form === 'plain') return this.#pool.publish(event, options);
    const kind = form === 'stored' ? GIFT_WRAP_KIND : EPHEMERAL_GIFT_WRAP_KIND;
    const wrap = this.#wrap(event, recipient, kind, options);
    return this.#pool.publish(wrap, { ...options, json: wrapJson(wrap) });
  }

  /** Stored events, from every relay that answers in time, or from this one; each once and verified. */
  query(filter: Filter, timeoutMs: number, relay?: string): Promise<NostrEvent[]> {
    return this.#pool.query(filter, timeoutMs, relay);
  }

  close(): void {
    this.#isClosed = true;
    this.#wrapKeys.close();
    this.#pool.close();
    this.#reach.release();
  }

  #wrap(event: NostrEvent, recipient: string, kind: WrapKind, options: EndpointPublishOptions): NostrEvent {
    const createdAt = Math.max(event.created_at, this.nowSeconds());
    return wrapEvent(event, recipient, { kind, createdAt, key: this.#wrapKey(event, recipient, options) });
  }

  #wrapKey(event: NostrEvent, recipient: string, { isLast, isPart }: EndpointPublishOptions): WrapKey {
    if (isLast === true) return this.#wrapKeys.takeLast(recipient);
    const isOfSeries = isPart ?? tagValue(event, 'part') !== undefined;
    return isOfSeries ? this.#wrapKeys.takeForPart(recipient) : this.#wrapKeys.take(recipient);
  }

  #onstate(state: RelayState): void {
    if (this.isReachable) this.#reach.release();
    this.#options.onreach(this.isReachable, state.status === 'ready');
    this.#options.onstate?.(state);
  }

  #subscribe(kinds: number[]): void {
    this.#pool.subscribe(
      () => [this.#filter(kinds)],
      (event, relay) => void this.#receiver.receive(event, relay), // it never rejects
    );
  }

  #kinds(): number[] {
    const { encryption, hearsPlain } = this.#options;
    return [
      ...(encryption === 'none' ? [] : [EPHEMERAL_GIFT_WRAP_KIND]),
      ...(encryption === 'required' && hearsPlain !== true ? [] : [MESSAGE_KIND]),
    ];
  }

  #filter(kinds: number[]): Filter {
    const since = this.nowSeconds() - wire.subscriptionLookbackSeconds;
    return { kinds, '#p': [this.#options.pubkey], since };
  }
}
