import {
  encodeFrame,
  EPHEMERAL_GIFT_WRAP_KIND,
  type Frame,
  type LinkTag,
  limits as wire,
  MESSAGE_KIND,
  type NostrEvent,
  type Signer,
  wrapEvent,
} from '@mcp-nostr/core';

import { boundedSigner } from './bounded-signer.ts';
import { TransportError } from './errors.ts';
import { limits } from './limits.ts';
import { type Encryption, type IncomingFrame, Receiver } from './receiver.ts';
import type { RelayState } from './relay-connection.ts';
import { RelayPool } from './relay-pool.ts';
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
  /** An event that was dropped, and why. */
  ondropped?: ((error: Error, relay: string) => void) | undefined;
  onstate?: ((state: RelayState) => void) | undefined;
  onnotice?: ((relay: string, text: string) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

/** One key on some relays: frames to anyone, frames from anyone. */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #signer: Signer;
  readonly #pool: RelayPool;
  readonly #wrapKeys = new WrapKeys();
  /** Ends the pause of each frame that waits to be offered again. */
  readonly #pauses: Set<() => void> = new Set();
  #isClosed = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#signer = boundedSigner(options.signer, limits.signerTimeoutMs);
    const receiver = new Receiver({ ...options, signer: this.#signer });
    this.#pool = new RelayPool(options);
    this.#pool.subscribe(
      () => [this.#filter()],
      (event, relay) => void receiver.receive(event, relay), // it never rejects
    );
  }

  get relays(): RelayState[] {
    return this.#pool.states;
  }

  /** Seconds since 1970. */
  nowSeconds(): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1000);
  }

  /**
   * Signs a frame for its recipient. `createdAt` in seconds.
   * @throws {TransportError} `message_too_large`
   */
  async sign(frame: Frame, recipient: string, createdAt: number): Promise<NostrEvent> {
    const event = await this.#signer.signEvent(encodeFrame(frame, recipient, createdAt));
    await this.#checkSize(event);
    return event;
  }

  /**
   * Brings a signed frame on its way, in a fresh wrap: relays swallow an id that they have seen. While all relays
   * say that nobody listens it is offered again, up to the grace time: a peer that reconnects needs a moment.
   * @throws {TransportError} `relays_unreachable`, `closed`
   */
  async publish(
    event: NostrEvent,
    recipient: string,
    encrypted: boolean,
    graceMs: number = limits.muteGraceMs,
  ): Promise<PublishOutcome> {
    const deadline = performance.now() + graceMs;
    for (;;) {
      if (this.#isClosed) throw new TransportError('closed', 'the connection was closed');
      const outcome = await this.#pool.publish(encrypted ? this.#wrap(event, recipient) : event);
      if (outcome !== 'muted' || performance.now() >= deadline) return outcome;
      await this.#pause(limits.muteRetryMs);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#pauses) end();
    this.#wrapKeys.close();
    this.#pool.close();
  }

  async #checkSize(event: NostrEvent): Promise<void> {
    // Three bytes are the most that a UTF-16 unit takes once JSON is escaped a second time; 2 KiB is for the rest.
    if (event.content.length * 3 + 2_048 <= limits.smallFrameBytes) return;
    const bytes = new TextEncoder().encode(JSON.stringify(event)).length;
    if (bytes <= limits.smallFrameBytes) return;
    const maxBytes = await this.#pool.frameBytes();
    if (bytes <= maxBytes) return;
    throw new TransportError(
      'message_too_large',
      `the message makes a frame of ${bytes} bytes; the relays in use take ${maxBytes}`,
      { data: { bytes, maxBytes } },
    );
  }

  #wrap(event: NostrEvent, recipient: string): NostrEvent {
    return wrapEvent(event, recipient, { key: this.#wrapKeys.take(recipient) });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#pauses.add(end);
    });
  }

  #filter(): Filter {
    const { encryption, pubkey } = this.#options;
    const kinds = [
      ...(encryption === 'none' ? [] : [EPHEMERAL_GIFT_WRAP_KIND]),
      ...(encryption === 'required' ? [] : [MESSAGE_KIND]),
    ];
    return { kinds, '#p': [pubkey], since: this.nowSeconds() - wire.subscriptionLookbackSeconds };
  }
}
