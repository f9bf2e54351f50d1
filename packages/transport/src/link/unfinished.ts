import { linkLimits } from './limits.ts';

/** A large message of which parts have come. */
export interface Unfinished {
  /** What has really been received, with what keeping it costs. */
  bytes: number;
  /** Frees it and tells whoever waits for it. */
  giveUp: () => void;
}

/** Where the unfinished messages of a connection count. */
export interface UnfinishedCount {
  grow(message: Unfinished, bytes: number): void;
  remove(message: Unfinished): void;
}

/**
 * Unfinished messages of all connections of an endpoint: when they are too large together, the largest goes, one of a
 * stranger before any other.
 */
export class UnfinishedMessages implements UnfinishedCount {
  readonly #known = new Crowd();
  readonly #strangers = new Crowd();
  readonly #maxBytes: number;

  constructor(maxBytes: number = linkLimits.maxUnfinishedBytes) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#known.bytes + this.#strangers.bytes;
  }

  /** For a connection: a message is a stranger's if it began as one. */
  of(isKnown: () => boolean): UnfinishedCount {
    return {
      grow: (message, bytes) => this.#grow(message, bytes, isKnown()),
      remove: (message) => this.remove(message),
    };
  }

  grow(message: Unfinished, bytes: number): void {
    this.#grow(message, bytes, true);
  }

  remove(message: Unfinished): void {
    this.#known.remove(message);
    this.#strangers.remove(message);
  }

  #grow(message: Unfinished, bytes: number, isKnown: boolean): void {
    const isStranger = this.#strangers.has(message) || (!isKnown && !this.#known.has(message));
    (isStranger ? this.#strangers : this.#known).grow(message, bytes);
    while (this.bytes > this.#maxBytes)
      (this.#strangers.bytes > 0 ? this.#strangers : this.#known).dropLargest(message);
  }
}

class Crowd {
  readonly #messages: Set<Unfinished> = new Set();
  bytes = 0;

  has(message: Unfinished): boolean {
    return this.#messages.has(message);
  }

  grow(message: Unfinished, bytes: number): void {
    this.#messages.add(message);
    message.bytes += bytes;
    this.bytes += bytes;
  }

  remove(message: Unfinished): void {
    if (this.#messages.delete(message)) this.bytes -= message.bytes;
  }

  /** Of those that are equal the one that has just grown. */
  dropLargest(latest: Unfinished): void {
    let largest: Unfinished | undefined = this.#messages.has(latest) ? latest : undefined;
    for (const each of this.#messages)
      if (largest === undefined || each.bytes > largest.bytes) largest = each;
    if (largest === undefined) return;
    this.remove(largest);
    largest.giveUp();
  }
}
