import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isRecord } from '@mcp-nostr/core';

import { CliError, exitCodes } from '../errors.ts';
import { ourFolder } from '../folders.ts';
import { replaceFile } from '../write-file.ts';
import { type AddressBook, formatBook, type KnownServer, parseBook } from './address-book.ts';

/** Where names are kept. */
function bookPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('data', env), 'servers.json');
}

/** @throws {CliError} `config_file` when it is there and cannot be read */
export async function readBook(path: string = bookPath()): Promise<AddressBook> {
  return bookFrom(path, await textOf(path));
}

/** Reads it, lets it be changed, and writes it when it was; others can do the same at the same time. */
export async function updateBook(
  change: (servers: Map<string, KnownServer>) => void,
  path: string = bookPath(),
): Promise<void> {
  const former = await textOf(path);
  const servers = new Map(bookFrom(path, former));
  change(servers);
  const text = formatBook(servers);
  if (text !== former) await replaceFile(path, text);
}

function bookFrom(path: string, text: string | undefined): AddressBook {
  if (text === undefined) return new Map();
  try {
    return parseBook(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('config_file', exitCodes.usage, `${path} cannot be read: ${reason}`, {
      hint: 'it holds the names of servers and the keys they had; put it right, or move it away to begin anew',
      cause,
    });
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isRecord(error) && error['code'] === 'ENOENT') return undefined;
    throw error;
  }
}
