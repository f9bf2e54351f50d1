import type { Credentials, Frame, NostrEvent } from '@mcp-nostr/core';

import type { Endpoint } from './endpoint.ts';
import { asSignerError, TransportError } from './errors.ts';
import type { Outgoing } from './link/traffic.ts';
import type { PublishOutcome } from './relay-publisher.ts';
import { TaskQueue } from './task.ts';

/** Characters; such a frame takes a millisecond. */
const LARGE_FRAME = 16_384;

/** What has frames to send, asked until it has none. */
export interface FrameSource {
  poll: () => Outgoing | undefined;
  /** When it may have some although nothing happened, by `performance.now()`. */
  readonly wakeAt: number;
  /** Added to our clock in what is signed, in seconds. */
  readonly clockOffsetSeconds?: number;
}

export interface CourierOptions {
  endpoint: Endpoint;
  /** The other side's public key. */
  peer: string;
  encrypted: boolean;
  source: FrameSource;
  /** What a frame shows of our rights; a person may have to be asked for it first. */
  credentials?: ((frame: Frame) => Promise<Credentials> | undefined) | undefined;
  /** A frame is about to leave. */
  onsigned?: ((event: NostrEvent, frame: Frame) => void) | undefined;
  onerror: (error: unknown) => void;
}

/** Signs and publishes what a link has to send, one signature after the other, and wakes it in time. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #tasks: TaskQueue;
  readonly #aborter = new AbortController();
  readonly #publishing: Set<Promise<void>> = new Set();
  #relay: string | undefined;
  #isDue = false;
  #running: Promise<void> | undefined;
  /** Ends a yield. */
  #proceed: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #isWanted = false;
  #isClosed = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#tasks = new TaskQueue(options.onerror);
  }

  /** What the peer sends comes by this relay now: so does what is sent to it. */
  prefer(relay: string): void {
    this.#relay = relay;
  }

  /** Something happened. Not at once: messages that are sent in one go share a frame. */
  kick(): void {
    if (this.#isDue || this.#isClosed) return;
    this.#isDue = true;
    this.#tasks.add(() => {
      this.#isDue = false;
      void this.#start(); // it never rejects
    });
  }

  /** What is to leave now has left; not later than `close()`. */
  async drain(): Promise<void> {
    await this.#start();
    await Promise.all(this.#publishing);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#tasks.close();
    this.#proceed?.();
    this.#aborter.abort();
  }

  /** One at a time: whoever comes meanwhile, even out of `poll()`, has it asked once more. Never rejects. */
  #start(): Promise<void> {
    this.#isWanted = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // `#running` is set by then
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      await this.#sendAll();
    }
    this.#running = undefined;
    if (!this.#isClosed) this.#arm();
  }

  async #sendAll(): Promise<void> {
    const { onerror } = this.#options;
    while (!this.#isClosed) {
      const next = this.#poll();
      if (next === undefined) return;
      const event = next.event ?? (await this.#sign(next));
      if (event === undefined) continue;
      const publishing: Promise<void> = this.#publish(next, event).catch(onerror);
      this.#publishing.add(publishing);
      void publishing.finally(() => this.#publishing.delete(publishing)); // it never rejects
      // A window of large frames must not keep other connections waiting.
      if (event.content.length > LARGE_FRAME) await this.#yield();
    }
  }

  /** Lets others have their turn. */
  #yield(): Promise<void> {
    return new Promise((resolve) => {
      this.#proceed = resolve;
      this.#tasks.add(resolve);
    });
  }

  #poll(): Outgoing | undefined {
    try {
      return this.#options.source.poll();
    } catch (error) {
      this.#options.onerror(error);
      return undefined;
    }
  }

  async #sign({ frame, from, notBefore }: Outgoing): Promise<NostrEvent | undefined> {
    const { endpoint, peer, source, credentials, onsigned } = this.#options;
    if (frame === undefined) return undefined;
    try {
      const shown = credentials?.(frame);
      const whole = shown === undefined ? frame : { ...frame, ...(await shown) };
      const createdAt = Math.max(endpoint.nowSeconds() + (source.clockOffsetSeconds ?? 0), notBefore);
      const event = await endpoint.sign(whole, peer, createdAt);
      if (!from.signed(event)) return undefined;
      onsigned?.(event, frame);
      return event;
    } catch (error) {
      from.unsigned(asSignerError(error));
      return undefined;
    }
  }

  async #publish({ from, sent, toAll }: Outgoing, event: NostrEvent): Promise<void> {
    try {
      const outcome = await this.#offer(event, toAll);
      from.published(sent, outcome);
      if (outcome === 'accepted') return;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (error.code === 'closed') return;
      if (sent === undefined) this.#options.onerror(error);
      if (isUnreachable(error)) from.published(sent, 'failed');
      else from.refused(sent, error);
    }
    this.kick();
  }

  /** To the relay that the peer uses, and to all where that does not take it. */
  async #offer(event: NostrEvent, toAll: boolean): Promise<PublishOutcome> {
    const relay = toAll || this.#options.endpoint.relayCount === 1 ? undefined : this.#relay;
    if (relay === undefined) return this.#offerTo(event);
    const first = await this.#offerTo(event, relay).catch(isRefusal);
    if (isTaken(first)) return first;
    this.#relay = undefined;
    if (first !== 'lost') return this.#offerTo(event);
    // It may have arrived there, whatever the others say.
    const second = await this.#offerTo(event).catch(isRefusal);
    return isTaken(second) ? second : first;
  }

  #offerTo(event: NostrEvent, relay?: string): Promise<PublishOutcome> {
    const { endpoint, peer, encrypted } = this.#options;
    const form = encrypted ? 'ephemeral' : 'plain';
    return endpoint.publish(event, peer, form, { signal: this.#aborter.signal, relay });
  }

  #arm(): void {
    const { wakeAt } = this.#options.source;
    // One that comes too early asks again: cheaper than a new timer for each frame.
    if (wakeAt >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = wakeAt;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.kick();
      },
      Math.max(0, Math.ceil(wakeAt - performance.now())),
    );
  }
}

function isTaken(outcome: PublishOutcome | 'refused'): outcome is 'accepted' | 'sent' {
  return outcome === 'accepted' || outcome === 'sent';
}

/** The relay said no; what else went wrong is not answered by asking others. */
function isRefusal(error: unknown): 'refused' {
  if (error instanceof TransportError && error.code === 'relays_unreachable') return 'refused';
  throw error;
}

/** No relay said no: the way was broken, and the link sends again. */
function isUnreachable({ data }: TransportError): boolean {
  const { relays } = data;
  return Array.isArray(relays) && relays.every((each: { code?: unknown }) => each.code === 'unreachable');
}
