import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { CliError, exitCodes } from './errors.ts';
import { errorCode } from './file-error.ts';
import { FileLock } from './file-lock.ts';
import { shellWord } from './shell-word.ts';
import { replaceFileSync } from './write-file.ts';

/** A lock that nobody holds is gone after 10 s. */
const WAIT_MS = 15_000;
/** Of an event handler, which keeps all others waiting. */
const SYNC_WAIT_MS = 1_000;
/** Each change takes a few milliseconds. Not in step, so that two do not meet again and again. */
const RETRY_MS = { least: 5, most: 25 };

/** The new text of a file from the former one, undefined when it is not there; undefined leaves it as it is. */
export type Change = (text: string | undefined) => string | undefined;

/**
 * Reads a file and replaces it, so that what other processes change at the same time is not lost. The file is as it
 * was when `change` throws.
 * @throws {CliError} `file_error` when another process does not let go of it, or it cannot be written
 */
export async function updateFile(path: string, change: Change): Promise<void> {
  const endsAt = performance.now() + WAIT_MS;
  let lock = tryTake(path);
  while (lock === undefined) {
    if (performance.now() > endsAt) throw lockedError(path);
    await sleep(pauseMs());
    lock = tryTake(path);
  }
  changeFile(path, change, lock);
}

/** As {@link updateFile}, for where the answer has to come at once. */
export function updateFileSync(path: string, change: Change, waitMs: number = SYNC_WAIT_MS): void {
  const endsAt = performance.now() + waitMs;
  let lock = tryTake(path);
  while (lock === undefined) {
    if (performance.now() > endsAt) throw lockedError(path);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs());
    lock = tryTake(path);
  }
  changeFile(path, change, lock);
}

function changeFile(path: string, change: Change, lock: FileLock): void {
  try {
    const text = change(textOf(path));
    if (text === undefined) return;
    // This computer may have slept since.
    if (!lock.isHeld) throw lockedError(path);
    onDisk(path, () => replaceFileSync(path, text));
  } finally {
    lock.release();
  }
}

/** @throws when it is there and cannot be read */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The lock lies in the folder of the file. */
function tryTake(path: string): FileLock | undefined {
  return onDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return FileLock.tryTake(path);
  });
}

/** Some errors of a full disk do not say of which file they are. */
function onDisk<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new CliError('file_error', exitCodes.usage, `${path} cannot be written: ${errorCode(cause)}`, {
      hint: 'is the disk full, or not to be written? MCP_NOSTR_HOME names another folder',
      cause,
    });
  }
}

function pauseMs(): number {
  return RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least);
}

function lockedError(path: string): CliError {
  return new CliError('file_error', exitCodes.usage, `another process keeps ${path} locked`, {
    hint: `try again; if no other mcp-nostr runs: rm ${shellWord(`${path}.lock`)}`,
  });
}
