import { randomBytes } from 'node:crypto';
import { constants, link, mkdir, open, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { generateSecretKey, isRecord } from '@mcp-nostr/core';

import { ourFolder } from './folders.ts';
import { keyError } from './keys/key-error.ts';
import { shellWord } from './shell-word.ts';

/** Who the key stands for: what `serve` answers as, or what `connect` and `call` ask as. */
export type KeyName = 'server' | 'client';

/** More than this is no key file; reading stops. */
const MAX_KEY_FILE_BYTES = 4_096;

/**
 * Where a key is kept unless `--key` says otherwise: `keys/` under `MCP_NOSTR_HOME`, or under `mcp-nostr` in the
 * XDG data folder.
 */
export function keyFilePath(name: KeyName, env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('data', env), 'keys', `${name}.key`);
}

/** Where the key of one of several servers is kept: the name is that of a file. */
export function serverKeyPath(name: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('data', env), 'keys', 'servers', `${name}.key`);
}

/** What is in a key file. */
export interface KeyFileText {
  /** The first line that is neither empty nor a comment. */
  line: string;
  /** Each without its `#`. */
  comments: string[];
}

export function parseKeyText(text: string): KeyFileText {
  const lines = text.split('\n').map((line) => line.trim());
  return {
    line: lines.find((line) => line !== '' && !line.startsWith('#')) ?? '',
    comments: lines.filter((line) => line.startsWith('#')).map((line) => line.slice(1).trim()),
  };
}

/**
 * Undefined when there is no such file.
 * @throws {CliError} `key_file` when others can get at it, unless its folder is guarded
 */
export async function readKeyFile(
  path: string,
  options: { isGuarded?: boolean } = {},
): Promise<KeyFileText | undefined> {
  const text = await readSecretFile(path, { ...options, sort: 'key file', hint: 'name a file with --key' });
  return text === undefined ? undefined : parseKeyText(text);
}

export interface SecretFileOptions {
  /** For messages: what it should be, and how to name another. */
  sort: string;
  hint: string;
  /** Who put the file there guards its folder and not its mode. */
  isGuarded?: boolean;
}

/** The text of a small file that nobody else may read; undefined when there is none. @throws {CliError} `key_file` */
export async function readSecretFile(
  path: string,
  { sort, hint, isGuarded = false }: SecretFileOptions,
): Promise<string | undefined> {
  let file;
  try {
    // Opening a FIFO waits for whoever writes, without a bound, in a thread that the end of the process waits for.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw keyError(`the ${sort} ${path} cannot be read: ${errorCode(error)}`, undefined, error);
  }
  try {
    // Asked of the open file, so that it cannot be exchanged in between.
    const stats = await file.stat();
    if (stats.isDirectory()) throw keyError(`${path} is a folder`, hint);
    if (!stats.isFile()) throw keyError(`${path} is no regular file, as a ${sort} has to be`, hint);
    const { mode, size } = stats;
    if (!isGuarded && process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8);
      throw keyError(
        `other users can get at the ${sort} ${path} (its mode is ${octal})`,
        `chmod 600 ${shellWord(path)}`,
      );
    }
    if (size > MAX_KEY_FILE_BYTES) throw keyError(`${path} is too large for a ${sort}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Whether systemd, Docker, Podman or Kubernetes has put a file there. Those have modes of their own (0440 with an access
 * list, 0444) in a folder that only this unit or container sees.
 */
export function isMounted(path: string, env: NodeJS.ProcessEnv): boolean {
  const folders = [env['CREDENTIALS_DIRECTORY'] ?? '', '/run/secrets'].filter((folder) => folder !== '');
  return folders.some((folder) => resolve(path).startsWith(join(folder, '/')));
}

/** Makes a new key, readable by nobody else. Processes that start at once end with the same key. */
export async function createKeyFile(path: string): Promise<KeyFileText> {
  const text = `${Buffer.from(generateSecretKey()).toString('hex')}\n`;
  if (await writeNewKeyFile(path, text)) return parseKeyText(text);
  const winner = await readKeyFile(path);
  if (winner === undefined) throw keyError(`the key file ${path} comes and goes`);
  return winner;
}

/** Writes a file that was not there, whole or not at all; false when it is there. */
export async function writeNewKeyFile(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    try {
      // A rename would replace the key of a process that was faster; a link fails instead, and is as atomic.
      await link(temporary, path);
    } finally {
      await unlink(temporary);
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw keyError(
      `the key file ${path} cannot be written: ${errorCode(error)}`,
      'name another with --key, or set MCP_NOSTR_HOME to a folder that can be written',
      error,
    );
  }
}

function errorCode(error: unknown): string {
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
}
