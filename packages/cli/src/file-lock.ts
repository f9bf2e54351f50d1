import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';

import { errorCode } from './file-error.ts';

/**
 * A lock is held for milliseconds: one file is read and written. Older ones are of processes that were killed
 * meanwhile, or that slept; these look before they write.
 */
const STALE_MS = 10_000;

/**
 * The right to change a file, as long as `<path>.lock` lies beside it: the one lock that all systems and file systems
 * have, which is not taken from two processes at once, and does not end with its process.
 */
export class FileLock {
  readonly #path: string;
  readonly #token: string;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
  }

  /** The lock of this file if nobody has it. @throws when its folder cannot be written */
  static tryTake(file: string): FileLock | undefined {
    const path = `${file}.lock`;
    const token = randomBytes(16).toString('hex');
    if (create(path, token)) return new FileLock(path, token);
    if (!isStale(path)) return undefined;
    removeStale(path);
    return create(path, token) ? new FileLock(path, token) : undefined;
  }

  /** Whether nobody has taken it for stale. */
  get isHeld(): boolean {
    try {
      return readFileSync(this.#path, 'utf8') === this.#token;
    } catch {
      return false;
    }
  }

  release(): void {
    if (this.isHeld) rmSync(this.#path, { force: true });
  }
}

function create(path: string, token: string): boolean {
  let file;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(file, token);
    return true;
  } catch (error) {
    // A full disk: an empty file would keep everybody waiting.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Also one from the future: the clock was set back. */
function isStale(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Math.abs(Date.now() - stats.mtimeMs) > STALE_MS;
}

/** One process at a time looks again and removes: a second would remove the lock that the first then has. */
function removeStale(path: string): void {
  const turn = `${path}.stale`;
  try {
    mkdirSync(turn);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    // Whoever made it was killed between two lines of this function.
    if (isStale(turn)) rmSync(turn, { recursive: true, force: true });
    return;
  }
  try {
    if (isStale(path)) rmSync(path, { force: true });
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}
