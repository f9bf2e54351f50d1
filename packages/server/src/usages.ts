import { KeyUsage, type UsageBounds } from './key-usage.ts';
import { limits } from './limits.ts';

export interface UsagesOptions {
  /** Milliseconds that only grow. */
  clock: () => number;
  /** A key went on and on although it was told that it may not for now. */
  onblocked: (pubkey: string) => void;
}

/** What keys have used, kept beyond their connections: a new connection is no new minute. */
export class Usages {
  readonly #options: UsagesOptions;
  readonly #usages: Map<string, KeyUsage> = new Map();

  constructor(options: UsagesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#usages.size;
  }

  /** Where a connection of this key counts; undefined for a key without bounds. */
  of(pubkey: string, bounds: UsageBounds): KeyUsage | undefined {
    const { callsPerMinute, callsAtOnce, bytesPerMinute } = bounds;
    const known = this.#usages.get(pubkey);
    if (callsPerMinute === undefined && callsAtOnce === undefined && bytesPerMinute === undefined) {
      this.#usages.delete(pubkey);
      return undefined;
    }
    const usage = known ?? this.#add(pubkey);
    usage.bounds = bounds;
    return usage;
  }

  /** Milliseconds that this key is not served for; 0 when it is. */
  blockedMs(pubkey: string): number {
    return this.#usages.get(pubkey)?.blockedMs ?? 0;
  }

  #add(pubkey: string): KeyUsage {
    if (this.#usages.size >= limits.maxKeyUsages) this.#forget();
    const { clock, onblocked } = this.#options;
    const usage = new KeyUsage({ clock, onblocked: () => onblocked(pubkey) });
    this.#usages.set(pubkey, usage);
    return usage;
  }

  /** Those that are as good as new; where there are none, the one that has not come for longest. */
  #forget(): void {
    const { size } = this.#usages;
    for (const [pubkey, usage] of this.#usages) if (usage.isForgettable) this.#usages.delete(pubkey);
    if (this.#usages.size < size) return;
    const oldest = [...this.#usages].find(([, { connections }]) => connections === 0);
    if (oldest !== undefined) this.#usages.delete(oldest[0]);
  }
}
