import { randomBytes } from 'node:crypto';
import { link, mkdir, open, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { AddressError, generateSecretKey, isRecord, parseSecretKey } from '@mcp-nostr/core';

import { CliError, exitCodes } from './errors.ts';
import { ourFolder } from './folders.ts';
import { hideSecretKey } from './log/redact.ts';
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

/** The path that `--key` names. A key itself has no place in the arguments: every user of the machine sees them. */
export function keyFileOption(given: string | undefined, name: KeyName): string {
  if (given === undefined) return keyFilePath(name);
  if (/^(0x)?[0-9a-f]{64}$/i.test(given)) {
    throw new CliError(
      'secret_key_given',
      exitCodes.usage,
      '--key takes the name of a file, and this looks like a key',
      {
        hint: 'other users and the history of your shell can see arguments: if it is a secret key, replace it by a new one',
      },
    );
  }
  return given;
}

/**
 * The secret key in a file, made at the first use. Processes that start at once end with the same key.
 * @throws {CliError} `key_file` when others can read the file or it holds no key
 */
export async function loadSecretKey(path: string): Promise<Uint8Array> {
  const secretKey = (await readKeyFile(path)) ?? (await createKeyFile(path));
  hideSecretKey(Buffer.from(secretKey).toString('hex'));
  return secretKey;
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw keyFileError(`the key file ${path} cannot be read: ${errorCode(error)}`, undefined, error);
  }
  try {
    // Asked of the open file, so that it cannot be exchanged in between.
    const stats = await file.stat();
    if (stats.isDirectory()) throw keyFileError(`${path} is a folder`, 'name a file with --key');
    const { mode, size } = stats;
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw keyFileError(`other users can get at the key file ${path}`, `chmod 600 ${shellWord(path)}`);
    }
    if (size > MAX_KEY_FILE_BYTES) throw keyFileError(`${path} is too large for a key file`);
    const lines = (await file.readFile('utf8')).split('\n').map((line) => line.trim());
    const line = lines.find((text) => text !== '' && !text.startsWith('#')) ?? '';
    try {
      return parseSecretKey(line);
    } catch (error) {
      const reason = error instanceof AddressError ? error.message : 'unreadable';
      throw keyFileError(
        `the key file ${path} holds no key (${reason})`,
        'give another file with --key, or move this one away and a new key is made',
      );
    }
  } finally {
    await file.close();
  }
}

async function createKeyFile(path: string): Promise<Uint8Array> {
  const secretKey = generateSecretKey();
  const text = `${Buffer.from(secretKey).toString('hex')}\n`;
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
    return secretKey;
  } catch (error) {
    const winner = errorCode(error) === 'EEXIST' ? await readKeyFile(path) : undefined;
    if (winner !== undefined) return winner;
    throw keyFileError(
      `the key file ${path} cannot be written: ${errorCode(error)}`,
      'name another with --key, or set MCP_NOSTR_HOME to a folder that can be written',
      error,
    );
  }
}

function keyFileError(message: string, hint?: string, cause?: unknown): CliError {
  return new CliError('key_file', exitCodes.usage, message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

function errorCode(error: unknown): string {
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
}
