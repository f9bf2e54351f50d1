import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { usageError } from '../errors.ts';
import { errorCode } from '../file-error.ts';

/** Days of calls for a person to read, and with its predecessor no burden for a disk. */
const MAX_BYTES = 10 * 1024 * 1024;

export interface LogFileOptions {
  /** A line could not be written; said once. */
  onerror: (message: string) => void;
  /** @default 10 MiB */
  maxBytes?: number | undefined;
  /** How many full ones stay, as `<path>.1`, `<path>.2` and so on, the newest first. @default 1 */
  kept?: number;
  /** What else can be done, when it cannot be opened. */
  hint?: string;
}

/**
 * A log that only its owner can read. When it is full it becomes `<path>.1`, in place of the one before. Lines are
 * written at once: the last ones before a crash are those that are looked for.
 */
export class LogFile {
  readonly #path: string;
  readonly #options: LogFileOptions;
  #file: number | undefined;
  #bytes = 0;

  /** @throws {CliError} when the file cannot be opened */
  constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#options = options;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#open();
    } catch (error) {
      throw usageError(
        `the log file ${path} cannot be written: ${errorCode(error)}`,
        options.hint ?? 'name another with --log-file or MCP_NOSTR_LOG_FILE',
      );
    }
  }

  write(line: string): void {
    if (this.#file === undefined) return;
    try {
      if (this.#bytes > 0 && this.#bytes + line.length > (this.#options.maxBytes ?? MAX_BYTES))
        this.#rotate(this.#file);
      const bytes = Buffer.from(line);
      const written = writeSync(this.#file, bytes);
      this.#bytes += written;
      // A disk that is almost full takes a part.
      if (written < bytes.length) throw Object.assign(new Error('a part was written'), { code: 'ENOSPC' });
    } catch (error) {
      this.close();
      this.#options.onerror(`no more is written to the log file ${this.#path}: ${errorCode(error)}`);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    this.#file = openSync(this.#path, 'a', 0o600);
    const stats = fstatSync(this.#file);
    // One that was there before may be open to others. `/dev/null` has to stay so.
    if (stats.isFile()) fchmodSync(this.#file, 0o600);
    this.#bytes = stats.size;
  }

  #rotate(full: number): void {
    const isOurs = fstatSync(full).ino === statSync(this.#path, { throwIfNoEntry: false })?.ino;
    this.close();
    // Another process with the same log may have done it: the one there is the new one.
    if (isOurs) this.#shift();
    this.#open();
  }

  #shift(): void {
    for (let number = this.#options.kept ?? 1; number > 1; number--) {
      const newer = `${this.#path}.${number - 1}`;
      if (existsSync(newer)) renameSync(newer, `${this.#path}.${number}`);
    }
    renameSync(this.#path, `${this.#path}.1`);
  }
}
