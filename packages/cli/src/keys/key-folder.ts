import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ourFolder } from '../folders.ts';
import { keyError } from './key-error.ts';

/** How a key is kept, which the extension of its file says. */
const storeExtensions = {
  file: 'key',
  encrypted: 'ncryptsec',
  keychain: 'keychain',
  bunker: 'bunker',
} as const;

export type StoreKind = keyof typeof storeExtensions;

/** Where we can keep a secret; the order is the one in which they are tried. */
export const ownStores = ['keychain', 'encrypted', 'file'] as const;

export type OwnStore = (typeof ownStores)[number];

/** `keys/` under `MCP_NOSTR_HOME`, or under `mcp-nostr` in the XDG data folder. */
export function keysFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('data', env), 'keys');
}

export function keyPath(name: string, store: StoreKind, env: NodeJS.ProcessEnv = process.env): string {
  return join(keysFolder(env), `${name}.${storeExtensions[store]}`);
}

/**
 * The one file of a stored key, if there is such a key.
 * @throws {CliError} `key_file` when there are several: which of them is meant is not for us to guess
 */
export function findKey(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const paths = Object.keys(storeExtensions)
    .filter(isStoreKind)
    .map((store) => keyPath(name, store, env))
    .filter((path) => existsSync(path));
  if (paths.length > 1)
    throw keyError(
      `there are several keys called ${name}: ${paths.join(', ')}`,
      'move all but one of them away',
    );
  return paths[0];
}

/** @throws {CliError} `key_file` when there is no such key */
export function requireKey(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const path = findKey(name, env);
  if (path === undefined)
    throw keyError(`there is no key called ${name}`, 'mcp-nostr key list shows those there are');
  return path;
}

/** What the extension of a file says. */
export function storeOf(path: string): StoreKind | undefined {
  return Object.keys(storeExtensions)
    .filter(isStoreKind)
    .find((store) => path.endsWith(`.${storeExtensions[store]}`));
}

function isStoreKind(text: string): text is StoreKind {
  return Object.hasOwn(storeExtensions, text);
}
