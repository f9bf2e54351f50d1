import { DecodeError } from '../errors.ts';
import { utf8Bytes } from '../text-bytes.ts';
import { contextvmLimits } from './limits.ts';
import { sha256Hex } from './sha256.ts';
import type { TransferFrame, TransferStart } from './transfer-frame.ts';

/**
 * What has come of one transfer (CEP-22), whatever the order it came in: relays mix frames up, and ContextVM's senders
 * neither wait for an `accept` nor agree on whether it has a number. Knows neither peers nor time; after an error it is
 * of no use any more.
 */
export class TransferAssembly {
  readonly #maxBytes: number;
  readonly #chunks: Map<number, string> = new Map();
  #start: TransferStart | undefined;
  #end: number | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What it costs to keep, in bytes: by what has come and not by what was declared. */
  get heldBytes(): number {
    return this.#bytes + this.#chunks.size * contextvmLimits.chunkOverheadBytes;
  }

  get isStarted(): boolean {
    return this.#start !== undefined;
  }

  /**
   * Takes one frame, and gives the message's text with the one that makes it whole.
   * @throws {DecodeError} `bad_transfer`, `too_large`: it will never be whole
   */
  add(frame: TransferFrame): string | undefined {
    switch (frame.frameType) {
      case 'start':
        this.#takeStart(frame);
        break;
      case 'chunk':
        this.#takeChunk(frame.progress, frame.data);
        break;
      case 'end':
        if (this.#end !== undefined && this.#end !== frame.progress)
          throw bad(`it ends at ${this.#end} and at ${frame.progress}`);
        this.#end = frame.progress;
        break;
      case 'abort':
        throw bad(`its sender gave it up: ${JSON.stringify(frame.reason ?? '')}`);
      case 'accept':
        return undefined;
      // no default
    }
    return this.#text();
  }

  #takeStart(start: TransferStart): void {
    const known = this.#start;
    if (known !== undefined) {
      const same = (['progress', 'digest', 'totalBytes', 'totalChunks'] as const).every(
        (field) => known[field] === start[field],
      );
      if (!same) throw bad('it starts twice');
      return;
    }
    if (start.totalBytes > this.#maxBytes) throw tooLarge(start.totalBytes, this.#maxBytes);
    this.#start = start;
  }

  #takeChunk(number: number, data: string): void {
    const known = this.#chunks.get(number);
    if (known !== undefined) {
      if (known !== data) throw bad(`there are two chunks ${number}`);
      return;
    }
    this.#chunks.set(number, data);
    this.#bytes += utf8Bytes(data);
    if (this.#bytes > this.#maxBytes) throw tooLarge(this.#bytes, this.#maxBytes);
    if (this.#chunks.size > contextvmLimits.maxTransferChunks)
      throw bad(`it has more than ${contextvmLimits.maxTransferChunks} chunks`);
  }

  /** The whole text, if it is whole. */
  #text(): string | undefined {
    const start = this.#start;
    if (start === undefined) return undefined;
    const { progress, totalBytes, totalChunks, digest } = start;
    if (this.#bytes > totalBytes)
      throw bad(`it has ${this.#bytes} bytes and more where ${totalBytes} were declared`);
    if (this.#chunks.size > totalChunks) throw bad(`it has more chunks than the ${totalChunks} declared`);
    if (this.#end === undefined || this.#chunks.size < totalChunks) return undefined;
    // Whether a number was left to the `accept` shows in the first chunk.
    const first = progress + (this.#chunks.has(progress + 1) ? 1 : 2);
    if (this.#end < first + totalChunks) throw bad(`its end ${this.#end} is not above all chunks`);
    const pieces = Array.from({ length: totalChunks }, (_, index) => this.#chunks.get(first + index));
    const missing = pieces.indexOf(undefined);
    if (missing !== -1) throw bad(`it has no chunk ${first + missing}`);
    const text = pieces.join('');
    if (utf8Bytes(text) !== totalBytes)
      throw bad(`it has ${utf8Bytes(text)} bytes where ${totalBytes} were declared`);
    if (sha256Hex(text) !== digest) throw bad('its digest is another');
    return text;
  }
}

function bad(reason: string): DecodeError {
  return new DecodeError('bad_transfer', `oversized transfer failed: ${reason}`);
}

function tooLarge(bytes: number, maxBytes: number): DecodeError {
  return new DecodeError(
    'too_large',
    `oversized transfer failed: ${bytes} bytes where ${maxBytes} are taken`,
  );
}
