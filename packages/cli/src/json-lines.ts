/** One line of JSON-RPC over stdio may be this long; a program that writes more is at fault, or hostile. */
const MAX_LINE_BYTES = 10 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** Enough for whom a message is. */
const SHOWN_BYTES = 512;

export interface LineReaderOptions {
  /** A whole line without its end. Blank lines are not reported. */
  online: (line: string) => void;
  /** A line is longer than `maxLineBytes` and is skipped. */
  ontoolong: () => void;
  /** It has ended: its first and its last bytes, {@link SHOWN_BYTES} of each. */
  onskipped?: (head: string, tail: string) => void;
  /** @default 10 MiB */
  maxLineBytes?: number;
}

/** Bytes in chunks of any size in, UTF-8 lines out, in bounded memory. */
export class LineReader {
  readonly #options: LineReaderOptions;
  readonly #maxLineBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** Inside a line that is too long: everything up to its end is dropped, but for these. */
  #skipped: { head: Buffer; tail: Buffer } | undefined;

  constructor(options: LineReaderOptions) {
    this.#options = options;
    this.#maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#finishLine();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  /** The stream has ended: what is left is a line too. */
  end(): void {
    this.#finishLine();
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#skipped !== undefined) {
      this.#skipped.tail = lastOf([this.#skipped.tail, part]);
      return;
    }
    this.#bytes += part.length;
    if (this.#bytes <= this.#maxLineBytes) {
      this.#parts.push(part);
      return;
    }
    const all = [...this.#parts, part];
    this.#skipped = { head: firstOf(all), tail: lastOf(all) };
    this.#parts = [];
    this.#options.ontoolong();
  }

  #finishLine(): void {
    const { head, tail } = this.#skipped ?? {};
    const line = Buffer.concat(this.#parts).toString('utf8').trim();
    this.#parts = [];
    this.#bytes = 0;
    this.#skipped = undefined;
    if (head !== undefined && tail !== undefined)
      this.#options.onskipped?.(head.toString('utf8'), tail.toString('utf8'));
    if (line !== '') this.#options.online(line);
  }
}

/** A copy: the chunks that it was part of are not kept. */
function firstOf(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.map((part) => part.subarray(0, SHOWN_BYTES))).subarray(0, SHOWN_BYTES);
}

function lastOf(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.map((part) => part.subarray(-SHOWN_BYTES))).subarray(-SHOWN_BYTES);
}

/** A message as the line that carries it: JSON escapes every line feed inside. */
export function formatLine(message: object): string {
  return `${JSON.stringify(message)}\n`;
}
