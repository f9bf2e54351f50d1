import { statSync } from 'node:fs';
import { join } from 'node:path';

import { AccessBook } from '@mcp-nostr/server';

import { CliError, exitCodes } from '../errors.ts';
import { errorCode } from '../file-error.ts';
import { ourFolder } from '../folders.ts';
import { textOf, updateFile } from '../locked-file.ts';
import { shellWord } from '../shell-word.ts';

/** Ten thousand keys with rules are less; what is larger is none of ours. */
export const MAX_ACCESS_FILE_BYTES: number = 16 * 1024 * 1024;

/** Who may call a server is kept by its public key: it stays when the key is renamed, or moved to another store. */
export function accessFilePath(pubkey: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('data', env), 'access', `${pubkey}.json`);
}

/** An empty book where there is no file. @throws {CliError} `access_file` */
export function readAccessFile(path: string): AccessBook {
  checkAccessFile(path);
  let text;
  try {
    text = textOf(path);
  } catch (error) {
    throw accessFileError(`the access file ${path} cannot be read: ${errorCode(error)}`, undefined, error);
  }
  return parseAccessFile(path, text);
}

/** Changes who may call a server, which may be running. @throws {CliError} `access_file` */
export async function updateAccessFile<T>(path: string, change: (book: AccessBook) => T): Promise<T> {
  const done: T[] = [];
  await updateFile(path, (text) => {
    checkAccessFile(path);
    const book = parseAccessFile(path, text);
    done.push(change(book));
    const changed = bookText(book);
    return changed === text ? undefined : changed;
  });
  const [result] = done;
  if (result === undefined) throw new TypeError('a change has to have a result');
  return result;
}

/** @throws {CliError} `access_file` */
export function parseAccessFile(path: string, text: string | undefined): AccessBook {
  if (text === undefined) return new AccessBook();
  try {
    return AccessBook.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw accessFileError(
      `the access file ${path} cannot be used: ${reason}`,
      'correct it, or move it away: then nobody may call until mcp-nostr allow or invite says so',
      error,
    );
  }
}

/** One entry a line: who keeps it under version control sees what changed. */
export function bookText(book: AccessBook): string {
  return `${JSON.stringify(book, undefined, 2)}\n`;
}

/**
 * Whoever can write it decides who calls. Reading gives away who knows whom, and no invite.
 * @throws {CliError} `access_file`
 */
export function checkAccessFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (process.platform !== 'win32' && (stats.mode & 0o022) !== 0)
    throw accessFileError(
      `other users can change the access file ${path}`,
      `look at what it says, then: chmod 600 ${shellWord(path)}`,
    );
  if (stats.size > MAX_ACCESS_FILE_BYTES)
    throw accessFileError(
      `the access file ${path} has ${stats.size} bytes, and ${MAX_ACCESS_FILE_BYTES} are the limit`,
    );
}

function accessFileError(message: string, hint?: string, cause?: unknown): CliError {
  return new CliError('access_file', exitCodes.usage, message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
