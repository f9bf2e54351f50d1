import { newWrapKey, type WrapKey } from '@mcp-nostr/core';

import { limits } from './limits.ts';

interface Series {
  readonly key: WrapKey;
  readonly endsAt: number;
  left: number;
}

/**
 * Keys for gift wraps, each used once, but for the parts of large messages that follow each other: a relay sees that
 * they belong together in any case, and half of what a frame costs is its key.
 */
export class WrapKeys {
  readonly #ready: Map<string, WrapKey> = new Map();
  readonly #series: Map<string, Series> = new Map();
  #isClosed = false;

  /** After it the next one for that recipient is made, while the answer is still under way: a tenth of a round trip. */
  take(recipient: string): WrapKey {
    const key = this.takeLast(recipient);
    setTimeout(() => this.#prepare(recipient), 0);
    return key;
  }

  /** Nothing more goes to this recipient soon. */
  takeLast(recipient: string): WrapKey {
    const key = this.#ready.get(recipient) ?? newWrapKey(recipient);
    this.#ready.delete(recipient);
    return key;
  }

  /** For a part of a large message. */
  takeForPart(recipient: string): WrapKey {
    const now = performance.now();
    const series = this.#series.get(recipient);
    if (series !== undefined && series.left > 0 && now < series.endsAt) {
      series.left--;
      return series.key;
    }
    const key = this.take(recipient);
    this.#series.delete(recipient);
    bound(this.#series);
    this.#series.set(recipient, { key, endsAt: now + limits.wrapSeriesMs, left: limits.wrapSeries - 1 });
    return key;
  }

  close(): void {
    this.#isClosed = true;
    this.#ready.clear();
    this.#series.clear();
  }

  #prepare(recipient: string): void {
    if (this.#isClosed || this.#ready.has(recipient)) return;
    bound(this.#ready);
    this.#ready.set(recipient, newWrapKey(recipient));
  }
}

/** Makes room for one more. */
function bound(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size >= limits.maxPreparedWraps && oldest !== undefined) map.delete(oldest);
}
