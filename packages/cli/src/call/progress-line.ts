import type { Progress } from '@modelcontextprotocol/sdk/types.js';

import { oneLine } from '../terminal.ts';

const BAR_WIDTH = 20;

/** A line of a terminal that shows how far a call is; nothing where stderr is no terminal. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #isShown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(progress: Progress): void {
    if (!this.#stream.isTTY) return;
    this.#isShown = true;
    this.#stream.write(`\r\u001b[2K  ${formatProgress(progress)}`);
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[2K');
    this.#isShown = false;
  }
}

/** `▰▰▰▱▱ 3/5 message` */
export function formatProgress({ progress, total, message }: Progress): string {
  const text = message === undefined ? '' : `  ${oneLine(message, 60)}`;
  if (total === undefined || total <= 0) return `${progress}${text}`;
  const width = Math.min(BAR_WIDTH, Math.max(1, Math.round(total)));
  const done = Math.max(0, Math.min(width, Math.round((progress / total) * width)));
  return `${'▰'.repeat(done)}${'▱'.repeat(width - done)} ${progress}/${total}${text}`;
}
