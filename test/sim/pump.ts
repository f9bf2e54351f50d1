import { encodeFrame, type NostrEvent } from '@mcp-nostr/core';
import type { FrameSource, Outgoing } from '@mcp-nostr/transport';

import type { Network, Station } from './network.ts';
import type { Scheduler } from './scheduler.ts';

export interface PumpOptions {
  scheduler: Scheduler;
  network: Network;
  station: Station;
  /** The other side's key. */
  peer: string;
  source: FrameSource;
  /** This side's clock, in seconds. */
  nowSeconds: () => number;
  /** What a signature takes. */
  signMs: () => number;
}

let events = 0;

/** What `Courier` does with sockets and signatures, done with neither. */
export class Pump {
  readonly #options: PumpOptions;
  #relay: string | undefined;
  #isSigning = false;
  #wakeAt = Infinity;
  #isKicked = false;
  #isClosed = false;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  prefer(relay: string): void {
    this.#relay = relay;
  }

  kick(): void {
    if (this.#isKicked || this.#isClosed) return;
    this.#isKicked = true;
    this.#options.scheduler.after(0, () => {
      this.#isKicked = false;
      this.#run();
    });
  }

  /** Nothing leaves any more: the process is gone. */
  close(): void {
    this.#isClosed = true;
  }

  #run(): void {
    const { source } = this.#options;
    while (!this.#isSigning && !this.#isClosed) {
      const next = source.poll();
      if (next === undefined) break;
      if (next.event === undefined) this.#sign(next);
      else this.#publish(next, next.event);
    }
    this.#arm();
  }

  /** One that comes too early asks again. */
  #arm(): void {
    const { source, scheduler } = this.#options;
    const { wakeAt } = source;
    if (this.#isClosed || this.#isSigning || wakeAt >= this.#wakeAt) return;
    this.#wakeAt = wakeAt;
    scheduler.after(wakeAt - scheduler.now, () => {
      if (this.#wakeAt !== wakeAt) return;
      this.#wakeAt = Infinity;
      this.kick();
    });
  }

  #sign(next: Outgoing): void {
    const { frame, from, notBefore } = next;
    const { scheduler, peer, station, nowSeconds, signMs, source } = this.#options;
    if (frame === undefined) return;
    this.#isSigning = true;
    scheduler.after(signMs(), () => {
      this.#isSigning = false;
      if (this.#isClosed) return;
      const createdAt = Math.max(nowSeconds() + (source.clockOffsetSeconds ?? 0), notBefore);
      const template = encodeFrame(frame, peer, createdAt);
      const event: NostrEvent = { id: `${events++}`, pubkey: station.pubkey, sig: '', ...template };
      if (from.signed(event)) this.#publish(next, event);
      this.kick();
    });
  }

  #publish({ from, sent, toAll }: Outgoing, event: NostrEvent): void {
    const { network, station } = this.#options;
    network.publish(station, event, toAll ? undefined : this.#relay, (outcome) => {
      if (this.#isClosed) return;
      from.published(sent, outcome);
      this.kick();
    });
  }
}
