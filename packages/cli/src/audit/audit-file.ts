import { redactFields } from '../log/redact.ts';
import { LogFile } from '../log/log-file.ts';

/** With ten predecessors 110 MiB: some 400,000 requests. */
const KEPT_FILES = 10;
/** A disk that was full may have room again. */
const RETRY_MS = 5_000;

export interface AuditFileOptions {
  path: string;
  /** What is written cannot be relied on any more; or again. */
  onproblem: (message: string) => void;
  /** Milliseconds that only grow. */
  clock?: () => number;
  /** @default 10 MiB */
  maxBytes?: number | undefined;
}

/**
 * One JSON object a line, in a file that only its owner can read. It has to be there at the start. When it cannot be
 * written later the server goes on: whoever fills a disk must not be able to take the server away, nor is anything
 * refused that was allowed. That there is a gap is said at once, and in the file as soon as it can be written again.
 */
export class AuditFile {
  readonly #options: AuditFileOptions;
  #file: LogFile | undefined;
  #lost = 0;
  #failedAt = 0;

  /** @throws {CliError} when the file cannot be opened */
  constructor(options: AuditFileOptions) {
    this.#options = options;
    this.#file = this.#open();
  }

  /** No member of a record may hold a secret; what looks like one is hidden. */
  write(record: Readonly<Record<string, unknown>>): void {
    if (this.#file === undefined && !this.#retry()) {
      this.#lost++;
      return;
    }
    // The handler of its errors sets it to undefined.
    this.#file?.write(lineOf(record));
    if (this.#file === undefined) this.#lost++;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#failedAt = Infinity;
  }

  #open(): LogFile {
    const { path, maxBytes, onproblem } = this.#options;
    return new LogFile(path, {
      maxBytes,
      kept: KEPT_FILES,
      hint: 'name another with --audit-log',
      onerror: (message) => {
        this.#file = undefined;
        this.#failedAt = this.#now();
        onproblem(`the audit log has a gap from now on; calls are answered as before: ${message}`);
      },
    });
  }

  #retry(): boolean {
    if (this.#now() - this.#failedAt < RETRY_MS) return false;
    this.#failedAt = this.#now();
    try {
      this.#file = this.#open();
    } catch {
      return false;
    }
    const lost = this.#lost;
    // What was written last may be half a line.
    this.#file.write(`\n${lineOf({ time: new Date().toISOString(), event: 'gap', lost })}`);
    if (this.#file === undefined) return false;
    this.#lost = 0;
    this.#options.onproblem(`the audit log is written again; ${lost} lines are missing`);
    return true;
  }

  #now(): number {
    return (this.#options.clock ?? (() => performance.now()))();
  }
}

function lineOf(record: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(redactFields(record))}\n`;
}
