import { utf8Bytes } from '@mcp-nostr/core';

type Result = IteratorResult<string, undefined>;

interface Waiting {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** Texts between the one who writes and the one who reads them. */
export class Unread {
  readonly #texts: string[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #isOver = false;
  #error: Error | undefined;

  /** What nobody has read yet. */
  get bytes(): number {
    return this.#bytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  add(text: string): void {
    if (this.#isOver) return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) return reader.resolve({ value: text, done: false });
    this.#texts.push(text);
    this.#bytes += utf8Bytes(text);
  }

  /** After what is there comes the end, or the error once. */
  end(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    for (const reader of this.#waiting.splice(0)) this.#last(reader);
  }

  /** Nobody reads any more. */
  discard(): void {
    this.#texts.length = 0;
    this.#bytes = 0;
    this.#error = undefined;
    this.end();
  }

  next(): Promise<Result> {
    return new Promise((resolve, reject) => {
      const text = this.#texts.shift();
      if (text !== undefined) {
        this.#bytes -= utf8Bytes(text);
        resolve({ value: text, done: false });
      } else if (this.#isOver) this.#last({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  #last({ resolve, reject }: Waiting): void {
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) resolve({ value: undefined, done: true });
    else reject(error);
  }
}
