import { type MessagePart, utf8Bytes } from '@mcp-nostr/core';

import { linkLimits } from './limits.ts';
import type { Unfinished, UnfinishedCount } from './unfinished.ts';

/** A peer broke a rule that no honest one breaks; the connection ends. */
export class LinkViolation extends Error {
  override readonly name = 'LinkViolation';
}

/** A large message that will not be had whole. */
export interface LostMessage {
  sort: Exclude<MessagePart['sort'], 'abort'>;
  id: string | undefined;
  reason: string;
}

interface Assembly extends Unfinished {
  readonly chunks: string[];
  readonly totalBytes: number;
  receivedBytes: number;
  /** Given up: the rest of it is counted and thrown away. */
  isLost: boolean;
}

/** Puts the parts of large messages together, bounded by what has really been received. */
export class Parts {
  readonly #assemblies: Map<number, Assembly> = new Map();
  readonly #unfinished: UnfinishedCount;
  readonly #onlost: (message: LostMessage) => void;

  constructor(unfinished: UnfinishedCount, onlost: (message: LostMessage) => void) {
    this.#unfinished = unfinished;
    this.#onlost = onlost;
  }

  /** The whole message, with its last part. @throws {LinkViolation} */
  add(part: MessagePart, chunk: string): string | undefined {
    if (part.sort === 'abort') {
      this.#drop(part.message);
      return undefined;
    }
    const assembly = this.#assemblies.get(part.message) ?? this.#begin(part);
    const bytes = utf8Bytes(chunk);
    assembly.receivedBytes += bytes;
    if (bytes === 0 || part.totalBytes !== assembly.totalBytes)
      throw new LinkViolation(`part of message ${part.message} contradicts the parts before it`);
    if (assembly.receivedBytes > assembly.totalBytes)
      throw new LinkViolation(
        `message ${part.message} is larger than the ${assembly.totalBytes} bytes declared`,
      );
    if (!assembly.isLost) {
      assembly.chunks.push(chunk);
      this.#unfinished.grow(assembly, bytes + linkLimits.partOverheadBytes);
    }
    if (assembly.receivedBytes < assembly.totalBytes) return undefined;
    this.#drop(part.message);
    return assembly.isLost ? undefined : assembly.chunks.join('');
  }

  /** Nothing more comes. */
  close(): void {
    for (const number of this.#assemblies.keys()) this.#drop(number);
  }

  #begin({ message, totalBytes, sort, id }: MessagePart): Assembly {
    if (this.#assemblies.size >= linkLimits.maxInParts)
      throw new LinkViolation(`more than ${linkLimits.maxInParts} messages are in parts at the same time`);
    const assembly: Assembly = {
      chunks: [],
      totalBytes,
      receivedBytes: 0,
      bytes: 0,
      isLost: false,
      giveUp: () => {
        assembly.isLost = true;
        assembly.chunks.length = 0;
        const reason = 'too many large messages are under way; try again later';
        if (sort !== 'abort') this.#onlost({ sort, id, reason });
      },
    };
    // Refused by what is declared, before anything is kept; what really comes is counted all the same.
    if (totalBytes > linkLimits.maxMessageBytes)
      throw new LinkViolation(`a message of ${totalBytes} bytes is above ${linkLimits.maxMessageBytes}`);
    this.#assemblies.set(message, assembly);
    return assembly;
  }

  #drop(number: number): void {
    const assembly = this.#assemblies.get(number);
    if (assembly === undefined) return;
    this.#assemblies.delete(number);
    this.#unfinished.remove(assembly);
  }
}
