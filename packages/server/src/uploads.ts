import { linkLimits, type Unfinished, type UnfinishedCount } from '@mcp-nostr/transport';

/**
 * Large messages of which parts have come, of all connections: when they are too large together the largest goes, one of
 * a stranger before any other.
 */
export class Uploads {
  readonly #known: Set<Unfinished> = new Set();
  readonly #strangers: Set<Unfinished> = new Set();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = linkLimits.maxUnfinishedBytes) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** For a connection: a message is a stranger's if it began as one. */
  of(isKnown: () => boolean): UnfinishedCount {
    return {
      grow: (message, bytes) => this.#grow(message, bytes, isKnown()),
      remove: (message) => this.#remove(message),
    };
  }

  #grow(message: Unfinished, bytes: number, isKnown: boolean): void {
    if (!this.#known.has(message) && !this.#strangers.has(message))
      (isKnown ? this.#known : this.#strangers).add(message);
    message.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      const largest = largestOf(this.#strangers, message) ?? largestOf(this.#known, message);
      if (largest === undefined) return;
      this.#remove(largest);
      largest.giveUp();
    }
  }

  #remove(message: Unfinished): void {
    if (this.#known.delete(message) || this.#strangers.delete(message)) this.#bytes -= message.bytes;
  }
}

/** Of those that are equal the one that has just grown. */
function largestOf(messages: ReadonlySet<Unfinished>, latest: Unfinished): Unfinished | undefined {
  let largest = messages.has(latest) ? latest : undefined;
  for (const each of messages) if (largest === undefined || each.bytes > largest.bytes) largest = each;
  return largest;
}
