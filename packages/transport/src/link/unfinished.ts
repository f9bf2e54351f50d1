import { linkLimits } from './limits.ts';

/** A large message of which parts have come. */
export interface Unfinished {
  /** What has really been received, with what keeping it costs. */
  bytes: number;
  /** It is given up before all others that are not. */
  goesFirst?: boolean;
  /** Frees it and tells whoever waits for it. */
  giveUp: () => void;
}

/** Where the unfinished messages of a connection count. */
export interface UnfinishedCount {
  grow(message: Unfinished, bytes: number): void;
  remove(message: Unfinished): void;
}

/**
 * Unfinished messages of all connections of an endpoint: when they are too large together, the largest goes, of equal ones
 * the one that has just grown.
 */
export class UnfinishedMessages implements UnfinishedCount {
  readonly #messages: Set<Unfinished> = new Set();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = linkLimits.maxUnfinishedBytes) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  grow(message: Unfinished, bytes: number): void {
    this.#messages.add(message);
    message.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      let first = message;
      for (const each of this.#messages) if (isBefore(each, first)) first = each;
      this.remove(first);
      first.giveUp();
    }
  }

  remove(message: Unfinished): void {
    if (this.#messages.delete(message)) this.#bytes -= message.bytes;
  }
}

function isBefore(a: Unfinished, b: Unfinished): boolean {
  const goesFirst = a.goesFirst === true;
  return goesFirst === (b.goesFirst === true) ? a.bytes > b.bytes : goesFirst;
}
