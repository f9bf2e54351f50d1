import { DecodeError } from '../errors.ts';
import { utf8Bytes } from '../text-bytes.ts';
import { contextvmLimits } from './limits.ts';
import type { StreamChunk, StreamClose } from './stream-frame.ts';

const { maxStreamBytesAhead, maxStreamChunksAhead } = contextvmLimits;

/**
 * Puts the chunks of an open stream (CEP-41) into their order: relays may mix up a few. By their own index, since
 * `progress` counts pings too. After an error it is of no use any more.
 */
export class StreamAssembly {
  /** What has come before a chunk that is missing. */
  readonly #ahead: Map<number, string> = new Map();
  #aheadBytes = 0;
  #next = 0;
  /** How many chunks there are, once its sender has said so. */
  #total: number | undefined;

  /** Everything up to its close has been given out. */
  get isComplete(): boolean {
    return this.#next === this.#total;
  }

  get heldBytes(): number {
    return this.#aheadBytes + this.#ahead.size * contextvmLimits.chunkOverheadBytes;
  }

  /** Takes one frame and gives what is next in order. @throws {DecodeError} `bad_stream`: it will never be complete */
  add(frame: StreamChunk | StreamClose): string[] {
    if (frame.frameType === 'close') this.#close(frame);
    else this.#hold(frame);
    const data: string[] = [];
    for (let next = this.#take(); next !== undefined; next = this.#take()) data.push(next);
    if (this.#ahead.size > maxStreamChunksAhead || this.#aheadBytes > maxStreamBytesAhead)
      throw bad(`chunk ${this.#next} is missing, and too much has come after it`);
    return data;
  }

  #close({ lastChunkIndex }: StreamClose): void {
    // Without an index there was no chunk; a sender that does not count them has sent what has come.
    const total = lastChunkIndex === undefined ? this.#next : lastChunkIndex + 1;
    if (this.#total !== undefined && this.#total !== total) throw bad('it is closed twice');
    this.#total = total;
    const beyond = [...this.#ahead.keys()].some((index) => index >= total);
    if (beyond || this.#next > total)
      throw bad(`it has more than the ${total} chunks that it is closed with`);
  }

  #hold({ chunkIndex, data }: StreamChunk): void {
    // It has been given out: a repetition.
    if (chunkIndex < this.#next) return;
    if (this.#total !== undefined && chunkIndex >= this.#total)
      throw bad(`chunk ${chunkIndex} comes after the ${this.#total} that it was closed with`);
    const known = this.#ahead.get(chunkIndex);
    if (known !== undefined) {
      if (known !== data) throw bad(`there are two chunks ${chunkIndex}`);
      return;
    }
    this.#ahead.set(chunkIndex, data);
    this.#aheadBytes += utf8Bytes(data);
  }

  #take(): string | undefined {
    const data = this.#ahead.get(this.#next);
    if (data === undefined) return undefined;
    this.#ahead.delete(this.#next++);
    this.#aheadBytes -= utf8Bytes(data);
    return data;
  }
}

function bad(reason: string): DecodeError {
  return new DecodeError('bad_stream', `open stream failed: ${reason}`);
}
