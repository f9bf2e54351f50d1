import { join } from 'node:path';

import { CliError, exitCodes } from '../errors.ts';
import { ourFolder } from '../folders.ts';
import { textOf, updateFile } from '../locked-file.ts';
import { type AddressBook, formatBook, type KnownServer, parseBook } from './address-book.ts';

/** Where names are kept. */
export function bookPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('data', env), 'servers.json');
}

/** @throws {CliError} `config_file` when it is there and cannot be read */
export function readBook(path: string = bookPath()): AddressBook {
  return bookFrom(path, textOf(path));
}

/** Changes it, whatever other processes do with it at the same time. */
export async function updateBook(
  change: (servers: Map<string, KnownServer>) => void,
  path: string = bookPath(),
): Promise<void> {
  await updateFile(path, (former) => {
    const servers = new Map(bookFrom(path, former));
    change(servers);
    const text = formatBook(servers);
    return text === former ? undefined : text;
  });
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
