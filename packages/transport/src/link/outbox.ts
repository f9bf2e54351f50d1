import { escapedBytes, escapedEnd, LINK_ONLY, type MessagePart, utf8Bytes } from '@mcp-nostr/core';

import { linkLimits } from './limits.ts';
import { laneOf, type OutgoingMessage } from './message.ts';

/** What one frame carries. */
export interface Content {
  content: string;
  relations?: string[];
  part?: MessagePart;
  requestEvent?: string;
  /** What it is of. */
  messages: OutgoingMessage[];
  /** False for a part before the last. */
  isWhole: boolean;
  /** Whether one of them calls for an answer. */
  hasRequest: boolean;
  bytes: number;
}

interface Large {
  readonly message: OutgoingMessage;
  readonly totalBytes: number;
  /** Given to it with its first part. */
  number: number | undefined;
  /** Where the rest begins. */
  offset: number;
  /** Later messages of its lane. */
  behind: OutgoingMessage[];
}

/**
 * What waits to be sent. Small messages share a frame, in their order; a message that no frame holds goes in parts,
 * and both take turns, so that neither holds up the other.
 */
export class Outbox {
  #small: OutgoingMessage[] = [];
  #large: Large[] = [];
  readonly #aborts: number[] = [];
  readonly #laterAborts: number[] = [];
  #nextNumber = 0;
  #isPartNext = false;
  #bytes = 0;

  /** Characters that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#small.length === 0 && this.#large.length === 0 && this.#aborts.length === 0;
  }

  add(message: OutgoingMessage): void {
    this.#small.push(message);
    this.#bytes += message.text.length;
    this.#aborts.push(...this.#laterAborts.splice(0));
  }

  /** Puts back what could not be signed; it goes before all others. */
  putBack(messages: OutgoingMessage[]): void {
    this.#small = messages.concat(this.#small);
    for (const { text } of messages) this.#bytes += text.length;
    this.#aborts.push(...this.#laterAborts.splice(0));
  }

  /** Ends what was sent in part; with the next message, since the signer has just refused. */
  abortLater(number: number): void {
    this.#laterAborts.push(number);
  }

  /**
   * What an opening carries: one message, or nothing (WIRE.md, section 5). `takesAny`: it names the server's process, and
   * not only what does no harm when it is repeated may ride on it; that only a server with a link may read, since nobody
   * else can be asked whether it has executed it.
   */
  opening(maxBytes: number, takesAny: boolean = false): Content {
    const [first] = this.#small;
    const isHarmless = first?.isHarmless === true;
    if (first === undefined || !(takesAny || isHarmless)) return emptyContent();
    const mark = isHarmless ? '' : LINK_ONLY;
    const bytes = sizeOf(first, maxBytes) + escapedBytes(mark);
    if (bytes > maxBytes) return emptyContent();
    this.#small.shift();
    this.#bytes -= first.text.length;
    const content = contentOf([first], bytes);
    return { ...content, content: mark + content.content };
  }

  /** What the next frame carries, at most so many bytes of it. */
  next(maxBytes: number): Content | undefined {
    const abort = this.#aborts.shift();
    if (abort !== undefined) return this.#abort(abort);
    const part = this.#isPartNext ? this.#nextPart(maxBytes) : undefined;
    this.#isPartNext = part === undefined;
    return part ?? this.#nextSmall(maxBytes) ?? this.#nextPart(maxBytes);
  }

  /** Takes out what has not been sent whole; what was sent in part is ended by an abort. */
  remove(matches: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
    const removed: OutgoingMessage[] = [];
    const keeps = (message: OutgoingMessage): boolean => {
      if (!matches(message)) return true;
      removed.push(message);
      this.#bytes -= message.text.length;
      return false;
    };
    for (const large of this.#large.slice()) {
      large.behind = large.behind.filter(keeps);
      if (keeps(large.message)) continue;
      if (large.number !== undefined) this.#aborts.push(large.number);
      this.#finish(large);
    }
    this.#small = this.#small.filter(keeps);
    return removed;
  }

  #nextSmall(maxBytes: number): Content | undefined {
    const messages: OutgoingMessage[] = [];
    let bytes = 0;
    let taken = 0;
    for (const message of this.#small) {
      const ahead = this.#blocking(message);
      if (ahead !== undefined) ahead.behind.push(message);
      else {
        const size = sizeOf(message, maxBytes);
        if (size > maxBytes) this.#large.push(newLarge(message));
        else if (bytes + size > maxBytes) break;
        else {
          bytes += size;
          messages.push(message);
          this.#bytes -= message.text.length;
        }
      }
      taken++;
    }
    this.#small.splice(0, taken);
    return messages.length === 0 ? undefined : contentOf(messages, bytes);
  }

  #nextPart(maxBytes: number): Content | undefined {
    const large = this.#large[0];
    if (large === undefined) return undefined;
    const { message, totalBytes } = large;
    large.number ??= this.#nextNumber++;
    const tagsBytes = tagBytes(message.id) + tagBytes(message.relation);
    const end = escapedEnd(message.text, large.offset, Math.max(64, maxBytes - tagsBytes));
    const content = message.text.slice(large.offset, end);
    large.offset = end;
    const isLast = end === message.text.length;
    const part: MessagePart = { message: large.number, totalBytes, sort: message.sort };
    if (message.id !== undefined) part.id = message.id;
    if (isLast) {
      this.#bytes -= message.text.length;
      this.#finish(large);
    } else this.#rotate();
    const hasRequest = isLast && message.sort === 'request';
    return {
      ...relate([message]),
      content,
      part,
      messages: [message],
      isWhole: isLast,
      hasRequest,
      bytes: content.length,
    };
  }

  /** Large messages take turns, as many as may be in parts at the same time. */
  #rotate(): void {
    const turn = this.#large.slice(0, linkLimits.maxInParts);
    const [first] = turn.splice(0, 1);
    if (first !== undefined) this.#large = [...turn, first, ...this.#large.slice(linkLimits.maxInParts)];
  }

  #finish(large: Large): void {
    this.#large = this.#large.filter((each) => each !== large);
    this.#small = large.behind.concat(this.#small);
  }

  #blocking(message: OutgoingMessage): Large | undefined {
    if (this.#large.length === 0) return undefined;
    const lane = laneOf(message);
    return lane === undefined ? undefined : this.#large.find((large) => laneOf(large.message) === lane);
  }

  #abort(number: number): Content {
    const part: MessagePart = { message: number, totalBytes: 0, sort: 'abort' };
    return { ...emptyContent(), part };
  }
}

export function emptyContent(): Content {
  return { content: '', messages: [], isWhole: true, hasRequest: false, bytes: 0 };
}

function newLarge(message: OutgoingMessage): Large {
  return { message, totalBytes: utf8Bytes(message.text), number: undefined, offset: 0, behind: [] };
}

function contentOf(messages: OutgoingMessage[], bytes: number): Content {
  return {
    ...relate(messages),
    content: messages.map(({ text }) => text).join('\n'),
    messages,
    isWhole: true,
    hasRequest: messages.some(({ sort }) => sort === 'request'),
    bytes,
  };
}

/** The tags that say what messages belong to. */
function relate(messages: OutgoingMessage[]): Pick<Content, 'relations' | 'requestEvent'> {
  const [first] = messages;
  const event = first?.requestEvent;
  const isOneRequest = event !== undefined && messages.every(({ requestEvent }) => requestEvent === event);
  const related = messages.some(({ relation }) => relation !== undefined);
  return {
    ...(isOneRequest ? { requestEvent: event } : {}),
    ...(related ? { relations: messages.map(({ relation = '' }) => relation) } : {}),
  };
}

/** Bytes in a frame, its line break and its place in the `for` tag included. */
function sizeOf(message: OutgoingMessage, maxBytes: number): number {
  // Scanned only where it can fit: a large message is scanned part by part.
  if (message.text.length > maxBytes) return Infinity;
  return escapedBytes(message.text) + 2 + tagBytes(message.relation ?? '');
}

function tagBytes(text: string | undefined): number {
  return text === undefined ? 0 : escapedBytes(text) + 3;
}
