import { limits as wire } from '@mcp-nostr/core';

/**
 * What came within the freshness window, kept until its stamp is too old to be taken; when there is too much to keep, the
 * oldest acceptable time rises instead, so that nothing is forgotten that could come again.
 */
export class TimeWindow<Value> {
  readonly #max: number;
  readonly #kept: Map<string, { readonly createdAt: number; readonly value: Value }> = new Map();
  #oldestSeconds = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether a stamp (seconds) can be of now. */
  isTimely(createdAt: number, nowSeconds: number): boolean {
    const oldest = Math.max(this.#oldestSeconds, nowSeconds - wire.maxAgeSeconds);
    return createdAt >= oldest && createdAt <= nowSeconds + wire.maxFutureSeconds;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  get(key: string): Value | undefined {
    return this.#kept.get(key)?.value;
  }

  add(key: string, createdAt: number, value: Value, nowSeconds: number): void {
    this.#kept.set(key, { createdAt, value });
    if (this.#kept.size <= this.#max) return;
    this.#forgetBefore(nowSeconds - wire.maxAgeSeconds);
    if (this.#kept.size <= this.#max) return;
    // The oldest stamp and not what came first: it moves the bound least.
    this.#oldestSeconds =
      [...this.#kept.values()].reduce((oldest, { createdAt: at }) => Math.min(oldest, at), Infinity) + 1;
    this.#forgetBefore(this.#oldestSeconds);
  }

  #forgetBefore(seconds: number): void {
    for (const [key, { createdAt }] of this.#kept) if (createdAt < seconds) this.#kept.delete(key);
  }
}
