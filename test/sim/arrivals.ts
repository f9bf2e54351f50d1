import { decodeFrame, type NostrEvent } from '@mcp-nostr/core';
import type { IncomingFrame } from '@mcp-nostr/transport';

/** What `Receiver` does with signatures, done without: each copy once, and whether an event is a repetition. */
export class Arrivals {
  readonly #wraps: Set<number> = new Set();
  readonly #events: Set<string> = new Set();

  take(event: NostrEvent, wrap: number, relay: string): IncomingFrame | undefined {
    if (this.#wraps.has(wrap)) return undefined;
    this.#wraps.add(wrap);
    const isRepeat = this.#events.has(event.id);
    this.#events.add(event.id);
    const frame = decodeFrame(event);
    return { event, frame, bytes: event.content.length + 512, encrypted: true, relay, isRepeat };
  }
}
