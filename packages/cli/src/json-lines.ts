/** One line of JSON-RPC over stdio may be this long; a program that writes more is at fault, or hostile. */
const MAX_LINE_BYTES = 10 * 1024 * 1024;

const LINE_FEED = 0x0a;

export interface LineReaderOptions {
  /** A whole line without its end. Blank lines are not reported. */
  online: (line: string) => void;
  /** A line was longer than `maxLineBytes` and was skipped. */
  ontoolong: () => void;
  /** @default 10 MiB */
  maxLineBytes?: number;
}

/** Bytes in chunks of any size in, UTF-8 lines out, in bounded memory. */
export class LineReader {
  readonly #options: LineReaderOptions;
  readonly #maxLineBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** Inside a line that is too long: everything up to its end is dropped. */
  #skipping = false;

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
    if (this.#skipping || part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes <= this.#maxLineBytes) {
      this.#parts.push(part);
      return;
    }
    this.#skipping = true;
    this.#parts = [];
    this.#options.ontoolong();
  }

  #finishLine(): void {
    const line = Buffer.concat(this.#parts).toString('utf8').trim();
    this.#parts = [];
    this.#bytes = 0;
    this.#skipping = false;
    if (line !== '') this.#options.online(line);
  }
}

/** A message as the line that carries it: JSON escapes every line feed inside. */
export function formatLine(message: object): string {
  return `${JSON.stringify(message)}\n`;
}
