import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { KeyName } from '../key-file.ts';
import { bookPath, readBook } from '../address-book/book-file.ts';
import { describeError } from '../errors.ts';
import { chosenKey } from './chosen-key.ts';
import { keysFolder, type StoreKind, storeOf } from './key-folder.ts';
import { isKeyName } from './key-name.ts';
import { readStoredKey } from './read-secret-key.ts';

/** What can be said of a key without its password. */
export interface ListedKey {
  name: string;
  /** Undefined when only the password tells. */
  npub?: string;
  store: StoreKind;
  path: string;
  /** The commands that take it when nothing else is said. */
  usedFor: KeyName[];
  /** Names of the servers that know us by it, as the address book has them. */
  pairedWith: string[];
  /** Why it cannot be used. */
  problem?: string;
}

/** All stored keys, by name, the ones of a servers file as `servers/<name>`. */
export async function listKeys(env: NodeJS.ProcessEnv = process.env): Promise<ListedKey[]> {
  const folder = keysFolder(env);
  const own = await keyFilesIn(folder);
  const ofServers = await keyFilesIn(join(folder, 'servers'));
  return Promise.all([
    ...own.filter(({ name }) => isKeyName(name)).map(({ name, path }) => describeKey(name, path, env)),
    ...ofServers.map(({ name, path }) => describeKey(`servers/${name}`, path, env)),
  ]);
}

export async function describeKey(
  name: string,
  path: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ListedKey> {
  const known = {
    name,
    store: storeOf(path) ?? 'file',
    path,
    usedFor: usersOf(name, env),
    pairedWith: serversOf([name, path], env),
  };
  try {
    const stored = await readStoredKey({ kind: 'file', path, isMade: false, shown: path });
    const npub = stored?.npub;
    return npub === undefined ? known : { ...known, npub };
  } catch (error) {
    const { message, hint } = describeError(error);
    return { ...known, problem: hint === undefined ? message : `${message}: ${hint}` };
  }
}

/** The commands that take this key when nothing else is said. */
function usersOf(name: string, env: NodeJS.ProcessEnv): KeyName[] {
  return (['server', 'client'] as const).filter((role) => (chosenKey(role, env) ?? role) === name);
}

/** The address book has the name of a key, or the path of its file. */
function serversOf(ways: readonly string[], env: NodeJS.ProcessEnv): string[] {
  try {
    const servers = [...readBook(bookPath(env))];
    return servers.filter(([, { key }]) => key !== undefined && ways.includes(key)).map(([name]) => name);
  } catch {
    // What is wrong with it is said by those who need it.
    return [];
  }
}

async function keyFilesIn(folder: string): Promise<{ name: string; path: string }[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => storeOf(file) !== undefined)
    .sort()
    .map((file) => ({ name: file.slice(0, file.lastIndexOf('.')), path: join(folder, file) }));
}
