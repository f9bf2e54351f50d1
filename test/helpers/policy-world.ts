import { generateSecretKey, getPublicKey, secretKeySigner, type Signer } from '@mcp-nostr/core';
import {
  AccessBook,
  accessPolicy,
  type AccessPolicyOptions,
  type AllowOptions,
  type Policy,
} from '@mcp-nostr/server';

/** Seconds. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A book that a server goes by, and what changes it while the server runs. */
export class LiveBook {
  readonly book = new AccessBook();
  readonly policy: Policy;
  readonly #watchers: Set<() => void> = new Set();

  constructor(options: Omit<AccessPolicyOptions, 'watch'> = {}) {
    this.policy = accessPolicy(() => this.book, {
      ...options,
      watch: (onchange) => {
        this.#watchers.add(onchange);
        return () => this.#watchers.delete(onchange);
      },
    });
  }

  /** Servers that go by it. */
  get watchers(): number {
    return this.#watchers.size;
  }

  change(change: (book: AccessBook) => void): void {
    change(this.book);
    for (const onchange of this.#watchers) onchange();
  }

  /** A new key that may call. */
  allowNew(rules: AllowOptions = {}): { signer: Signer; pubkey: string } {
    const key = generateSecretKey();
    const pubkey = getPublicKey(key);
    this.change((book) => book.allow(pubkey, rules, nowSeconds()));
    return { signer: secretKeySigner(key), pubkey };
  }
}
