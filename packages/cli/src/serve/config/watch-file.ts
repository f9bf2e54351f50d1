import { type FSWatcher, readFileSync, realpathSync, statSync, unwatchFile, watch, watchFile } from 'node:fs';
import { dirname } from 'node:path';

import { isRecord } from '@mcp-nostr/core';

/** An editor replaces a file in several steps; they are one change. */
const SETTLE_MS = 150;
/** A folder that was itself replaced, a link further off, a network file system: of these nobody tells. */
const POLL_MS = 5_000;
/** Thousands of servers; more is another file. */
const MAX_FILE_BYTES = 1024 * 1024;

export interface FileWatchOptions {
  path: string;
  /** As it was read last. */
  text: string;
  onchange: (text: string) => void;
  /** Throws why the file cannot be used as it lies there; what it says is told when that is put right. */
  check?: () => void;
  /** It cannot be read or watched, or used. */
  onproblem: (message: string) => void;
  /** @default 1 MiB */
  maxBytes?: number;
  /** How long changes are waited for that belong to the same one. @default 150 */
  settleMs?: number;
  /** @default 5000 */
  pollMs?: number;
}

/** @throws {Error} whose message says why */
export function readSmallFile(path: string, maxBytes: number = MAX_FILE_BYTES): string {
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new Error(`it has ${size} bytes, and ${maxBytes} are the limit`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = isRecord(error) && typeof error['code'] === 'string' ? error['code'] : undefined;
    const reason = code ?? (error instanceof Error ? error.message : String(error));
    throw new Error(`${path} cannot be read: ${reason}`, { cause: error });
  }
}

/**
 * Tells each new text of a file. The folder is watched and not the file: editors and deployments put a new file in its
 * place, by its name or by that of a link on the way to it. What is not seen so is found by looking, a little later.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #watchers: FSWatcher[] = [];
  #text: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#text = options.text;
    for (const folder of foldersOf(options.path)) this.#watch(folder);
    watchFile(options.path, { interval: options.pollMs ?? POLL_MS }, this.#later);
    // It may have changed between its reading and now.
    this.#later();
  }

  close(): void {
    clearTimeout(this.#timer);
    unwatchFile(this.#options.path, this.#later);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #watch(folder: string): void {
    const onerror = (error: unknown): void =>
      this.#options.onproblem(
        `changes of ${this.#options.path} are seen late, because its folder cannot be watched: ${String(error)}`,
      );
    try {
      this.#watchers.push(watch(folder, () => this.#later()).on('error', onerror));
    } catch (error) {
      onerror(error);
    }
  }

  readonly #later = (): void => {
    // Not anew with each event: in a folder with a log in it they never end.
    this.#timer ??= setTimeout(() => this.#read(), this.#options.settleMs ?? SETTLE_MS);
  };

  #read(): void {
    this.#timer = undefined;
    const { path, onchange, check, onproblem, maxBytes } = this.#options;
    let text: string;
    try {
      check?.();
      text = readSmallFile(path, maxBytes);
    } catch (error) {
      onproblem(error instanceof Error ? error.message : String(error));
      return;
    }
    if (text === this.#text) return;
    this.#text = text;
    onchange(text);
  }
}

function foldersOf(path: string): Set<string> {
  const folders = new Set([dirname(path)]);
  try {
    folders.add(dirname(realpathSync(path)));
  } catch {
    // It went away meanwhile; where its name was is watched.
  }
  return folders;
}
