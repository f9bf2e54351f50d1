import { statSync } from 'node:fs';

import { AccessBook, type AllowedKey, type Revocation } from '@mcp-nostr/server';

import { updateFileSync } from '../locked-file.ts';
import { FileWatch } from '../serve/config/watch-file.ts';
import {
  bookText,
  checkAccessFile,
  MAX_ACCESS_FILE_BYTES,
  parseAccessFile,
  readAccessFile,
} from './access-file.ts';

/** Our commands replace it in one step. */
const SETTLE_MS = 20;
/** Timers of Node end at once when they are to last longer than 24.8 days. */
const MAX_TIMER_MS = 86_400_000;
/** Of as many callers, while a disk is full. */
const MAX_UNSTORED = 1_000;

export interface LiveAccessOptions {
  path: string;
  /** An invite has let this key in, for the first time. */
  onpaired: (entry: AllowedKey) => void;
  /** Others have changed the file. */
  onchange: (book: AccessBook) => void;
  onproblem: (message: string) => void;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/**
 * The access file of a running server: what it says holds at once. A file that went away or cannot be read changes
 * nothing, so that a slip of an editor neither opens the server nor ends it for those who may call.
 */
export class LiveAccess {
  readonly #options: LiveAccessOptions;
  readonly #watch: FileWatch;
  readonly #watchers: Set<() => void> = new Set();
  #book: AccessBook;
  /** Somebody's time is over then, and connections end. */
  #expiry: ReturnType<typeof setTimeout> | undefined;
  /** Which version of the file that is. */
  #version: string;
  /** That it never was is said once. */
  #wasThere: boolean;
  /** Taken back and not stored, because the file could not be written. */
  readonly #unstored: [pubkey: string, revocation: Revocation][] = [];

  /** @throws {CliError} when the file is there and cannot be used: a server does not start with rules that it cannot read */
  constructor(options: LiveAccessOptions) {
    const { path } = options;
    this.#options = options;
    this.#make();
    this.#version = versionOf(path);
    this.#book = readAccessFile(path);
    this.#take(this.#book);
    this.#wasThere = this.#version !== '';
    this.#watch = this.#follow();
  }

  get book(): AccessBook {
    return this.#book;
  }

  /**
   * Takes an invite, and has stored it when it returns. An invite that is not known may have been drawn a moment ago.
   * @throws when the file cannot be written; then nobody was let in
   */
  readonly redeem = (code: string, pubkey: string): ReturnType<AccessBook['redeem']> => {
    const now = this.#nowSeconds();
    const known = this.#book.find(pubkey, now);
    if (known !== undefined) return known;
    // Strangers may try codes as often as they like: a wrong one costs no more than a look at the file's date.
    if (!this.#book.isInvite(code, now) && versionOf(this.#options.path) === this.#version)
      return 'invite_expired';
    const answer = this.change((book) => book.redeem(code, pubkey, now));
    if (typeof answer !== 'string' && answer.addedAt === now) this.#options.onpaired(answer);
    return answer;
  };

  /** Holds at once; that it is stored is tried, and again with the next change. */
  readonly revoke = (pubkey: string, revocation: Revocation): void => {
    const now = this.#nowSeconds();
    this.#book.revoke(pubkey, revocation, now);
    try {
      this.change((book) => book.revoke(pubkey, revocation, now));
    } catch (error) {
      if (this.#unstored.length < MAX_UNSTORED) this.#unstored.push([pubkey, revocation]);
      this.#options.onproblem(`a revocation is not stored, and a restart loses it: ${messageOf(error)}`);
    }
  };

  readonly watch = (onchange: () => void): (() => void) => {
    this.#watchers.add(onchange);
    return () => void this.#watchers.delete(onchange);
  };

  /** The file as it is now is what is changed: it may say more than what was read last. @throws when it cannot be written */
  change<T>(change: (book: AccessBook) => T): T {
    const { path } = this.#options;
    const done: { book: AccessBook; result: T }[] = [];
    try {
      updateFileSync(path, (text) => {
        if (text === undefined) throw new Error(`the access file ${path} is gone`);
        checkAccessFile(path);
        const book = this.#withUnstored(parseAccessFile(path, text));
        done.push({ book, result: change(book) });
        const changed = bookText(book);
        return changed === text ? undefined : changed;
      });
    } finally {
      // Also where it failed: not anew for each wrong code.
      this.#version = versionOf(path);
    }
    const [last] = done;
    if (last === undefined) throw new TypeError('a file is changed, or the change throws');
    this.#unstored.length = 0;
    this.#take(last.book);
    // Afterwards: whoever is told asks again, and may be asking just now.
    queueMicrotask(() => this.#tell());
    return last.result;
  }

  close(): void {
    clearTimeout(this.#expiry);
    this.#watch.close();
    this.#watchers.clear();
  }

  /** So that there is something to watch; a server that is public or told its keys runs on a read-only disk too. */
  #make(): void {
    const { path, onproblem } = this.#options;
    if (versionOf(path) !== '') return;
    try {
      updateFileSync(path, (text) => text ?? bookText(new AccessBook()));
    } catch (error) {
      onproblem(
        `who may call is what the arguments say, because there is no access file: ${messageOf(error)}`,
      );
    }
  }

  #follow(): FileWatch {
    const { path, onproblem } = this.#options;
    return new FileWatch({
      path,
      // As it was parsed, and not as it is by now.
      text: '',
      maxBytes: MAX_ACCESS_FILE_BYTES,
      settleMs: SETTLE_MS,
      check: () => checkAccessFile(path),
      onchange: (text) => this.#read(text),
      onproblem: (message) => {
        if (this.#wasThere) onproblem(`${message}; the rules that were read last hold`);
      },
    });
  }

  #read(text: string): void {
    const { path, onchange, onproblem } = this.#options;
    this.#version = versionOf(path);
    this.#wasThere = true;
    let book;
    try {
      book = this.#withUnstored(parseAccessFile(path, text));
    } catch (error) {
      onproblem(`${messageOf(error)}; the rules that were read last hold`);
      return;
    }
    // What was written here is known.
    if (bookText(book) === bookText(this.#book)) return;
    this.#take(book);
    onchange(book);
    this.#tell();
  }

  #withUnstored(book: AccessBook): AccessBook {
    for (const [pubkey, revocation] of this.#unstored) book.revoke(pubkey, revocation, this.#nowSeconds());
    return book;
  }

  #take(book: AccessBook): void {
    this.#book = book;
    clearTimeout(this.#expiry);
    const now = this.#nowSeconds();
    const ends = book.allowed.flatMap(({ expiresAt = 0 }) => (expiresAt > now ? [expiresAt] : []));
    if (ends.length === 0) return;
    const next = Math.min(...ends);
    const waitMs = Math.min((next - now) * 1_000, MAX_TIMER_MS);
    this.#expiry = setTimeout(() => {
      this.#take(this.#book);
      if (this.#nowSeconds() >= next) this.#tell();
    }, waitMs).unref();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #nowSeconds(): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1_000);
  }
}

/** A file that is replaced is another one. */
function versionOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
