import {
  type Frame,
  type JsonRpcMessage,
  type LinkControl,
  type LinkTag,
  type NostrEvent,
} from '@mcp-nostr/core';

import type { Endpoint } from './endpoint.ts';
import { limits } from './limits.ts';
import { TransportError } from './errors.ts';
import type { IncomingFrame } from './receiver.ts';
import type { PublishOutcome } from './relay-publisher.ts';
import { Reordering } from './reordering.ts';

export interface LinkOptions {
  endpoint: Endpoint;
  /** The other side's public key. */
  peer: string;
  /** 32 lower-case hex characters, drawn by the client. */
  connection: string;
  /** The server's process: its own at the server, empty at a client until it is known. */
  instance: string;
  /** Fixed by the opening. */
  encrypted: boolean;
  /** How long a frame is offered again while nobody listens. @default `limits.muteGraceMs` */
  muteGraceMs?: number;
  /** Frames with a sequence number, each once and in order. */
  onframe: (frame: IncomingFrame) => void;
  /** Numbers that never came and were given up. */
  onloss: (lost: number[]) => void;
  /** Our frame with the number 0, once it is signed. */
  onfirst?: (event: NostrEvent) => void;
}

export interface SentFrame {
  /** The signed inner event. */
  event: NostrEvent;
  /** How the relays took it, or that the peer has it; rejects as {@link Endpoint.publish} does. */
  published: Promise<PublishOutcome>;
}

interface Draft {
  messages: JsonRpcMessage[];
  requestEvent?: string | undefined;
  header?: Partial<LinkTag>;
  /** Takes the next number. */
  isNumbered?: boolean;
}

/** One end of a connection: numbers what goes out, puts in order what comes in. */
export class Link {
  readonly peer: string;
  readonly connection: string;
  readonly encrypted: boolean;
  instance: string;
  /** Added to our clock in what we sign, in seconds, when the peer's clock refused ours. */
  clockOffsetSeconds = 0;
  readonly #options: LinkOptions;
  readonly #incoming: Reordering<IncomingFrame> = new Reordering();
  /** Our frames that the peer has not acknowledged and whose publication is under way. */
  readonly #unacknowledged: Map<number, () => void> = new Map();
  #nextSequence = 0;
  #peerStamp = 0;
  #signing: Promise<unknown> = Promise.resolve();
  #gapTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.peer = options.peer;
    this.connection = options.connection;
    this.encrypted = options.encrypted;
    this.instance = options.instance;
  }

  /** Takes the next number; resolves when the frame is signed and on its way. Frames leave in the order of calls. */
  send(messages: JsonRpcMessage[], requestEvent?: string): Promise<SentFrame> {
    return this.#sign({ messages, requestEvent, isNumbered: true });
  }

  /** The opening, signed anew with the present time: same number, same messages. */
  sendAgain(messages: JsonRpcMessage[], sequence: number): Promise<SentFrame> {
    return this.#sign({ messages, header: { sequence } });
  }

  /** A frame without messages. `bye` takes a number, the others do not. */
  sendControl(control: LinkControl, detail: string = crypto.randomUUID()): Promise<SentFrame> {
    return this.#sign({ messages: [], header: { control, detail }, isNumbered: control === 'bye' });
  }

  /** The same signed frame once more, in a fresh wrap. */
  publish(event: NostrEvent): Promise<PublishOutcome> {
    return this.#options.endpoint.publish(event, this.peer, this.encrypted, this.#options.muteGraceMs);
  }

  /** A verified frame of this connection. */
  receive(frame: IncomingFrame): void {
    const { sequence, acknowledged } = frame.link;
    // The peer's own word counts for more than what a relay says of it.
    for (const [sent, confirm] of this.#unacknowledged) if (sent < acknowledged) confirm();
    if (sequence === undefined || this.#isClosed) return;
    this.#peerStamp = Math.max(this.#peerStamp, frame.event.created_at);
    this.#deliver(this.#incoming.push(sequence, frame));
  }

  /** Whether a frame of this number was here before. */
  knows(sequence: number): boolean {
    return this.#incoming.knows(sequence);
  }

  /** No frame is delivered any more; a farewell can still be sent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#gapTimer);
  }

  async #sign(draft: Draft): Promise<SentFrame> {
    const signed = this.#signing.then(() => this.#signNow(draft));
    // A signer that answers slowly must not let a later frame overtake.
    this.#signing = signed.catch(() => {});
    const { event, sequence } = await signed;
    if (this.#isClosed && draft.header?.control !== 'bye')
      throw new TransportError('closed', 'the connection is over');
    const published = this.#publishOrHear(event, sequence);
    published.catch(() => {}); // whoever waits for it sees the failure; nobody needs to wait
    return { event, published };
  }

  /** Done when a relay took it or the peer acknowledged it, whichever is first. */
  async #publishOrHear(event: NostrEvent, sequence: number | undefined): Promise<PublishOutcome> {
    if (sequence === undefined) return this.publish(event);
    const heard = new Promise<PublishOutcome>((resolve) => {
      this.#unacknowledged.set(sequence, () => resolve('accepted'));
    });
    try {
      return await Promise.race([this.publish(event), heard]);
    } finally {
      this.#unacknowledged.delete(sequence);
    }
  }

  async #signNow({ messages, requestEvent, header = {}, isNumbered = false }: Draft): Promise<{
    event: NostrEvent;
    sequence: number | undefined;
  }> {
    const { endpoint } = this.#options;
    const sequence = isNumbered ? this.#nextSequence : header.sequence;
    const link: LinkTag = {
      connection: this.connection,
      acknowledged: this.#incoming.expected,
      instance: this.instance,
      ...header,
      ...(sequence === undefined ? {} : { sequence }),
    };
    const frame: Frame = { link, messages, ...(requestEvent === undefined ? {} : { requestEvent }) };
    // Never before the peer's own time: its subscription may begin there, and relays apply `since` to live events.
    const createdAt = Math.max(endpoint.nowSeconds() + this.clockOffsetSeconds, this.#peerStamp);
    const event = await endpoint.sign(frame, this.peer, createdAt);
    // Taken only now: a frame that could not be signed, or is too large, must leave no hole in the sequence.
    if (isNumbered) this.#nextSequence++;
    if (sequence === 0) this.#options.onfirst?.(event);
    return { event, sequence };
  }

  /** Frames in order; handling one may close the link. */
  #deliver(frames: IncomingFrame[]): void {
    if (frames.length > 0 || !this.#incoming.hasGap) {
      clearTimeout(this.#gapTimer);
      this.#gapTimer = undefined;
    }
    // A frame waits its time once, however many gaps lie before it.
    const since = this.#incoming.waitsSince;
    if (since !== undefined) {
      const waitMs = Math.max(0, since + limits.gapTimeoutMs - performance.now());
      this.#gapTimer ??= setTimeout(() => this.#skipGap(), waitMs);
    }
    for (const frame of frames) if (!this.#isClosed) this.#options.onframe(frame);
  }

  #skipGap(): void {
    this.#gapTimer = undefined;
    const { items, lost } = this.#incoming.skipGap();
    if (lost.length > 0) this.#options.onloss(lost);
    this.#deliver(items);
  }
}
