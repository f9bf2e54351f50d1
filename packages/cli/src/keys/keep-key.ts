import { formatNpub, getPublicKey } from '@mcp-nostr/core';
import { nsecEncode } from 'nostr-tools/nip19';

import { canAsk } from '../ask.ts';
import { CliError } from '../errors.ts';
import { writeNewKeyFile } from '../key-file.ts';
import { hideSecretKey } from '../log/redact.ts';
import { isCached, runningProgram } from '../own-command.ts';
import { encryptKey } from './encrypted.ts';
import { keyError } from './key-error.ts';
import { findKey, keyPath, type OwnStore, type StoreKind } from './key-folder.ts';
import { type Keychain, openKeychain } from './keychain/keychain.ts';
import { provideKeychainModule } from './keychain/provide-module.ts';
import { askNewPassword, passwordFromFile } from './password.ts';
import { formatEncrypted, formatMarker } from './stored-key.ts';

export interface Kept {
  name: string;
  npub: string;
  store: StoreKind;
  path: string;
}

export interface Keeping {
  name: string;
  secretKey: Uint8Array;
  /** @default the best that works */
  store?: OwnStore | undefined;
  /** Nobody is asked for a password. */
  isSilent?: boolean;
  /** Is told why it is kept in no better place. */
  onnote?: (line: string) => void;
  env?: NodeJS.ProcessEnv | undefined;
  keychain?: Keychain | undefined;
}

/** @throws {CliError} when there is a key of this name: none is ever replaced */
export function requireFreeName(name: string, env: NodeJS.ProcessEnv = process.env): void {
  const path = findKey(name, env);
  if (path !== undefined) throw taken(name, path);
}

/** Keeps a key under a name: in the store that is asked for, or in the best that works here. @throws {CliError} */
export async function keepKey(keeping: Keeping): Promise<Kept> {
  requireFreeName(keeping.name, keeping.env);
  return replaceKey(keeping);
}

/** The same where the name has a key that is about to go from another store. */
export async function replaceKey(keeping: Keeping): Promise<Kept> {
  const { name, secretKey, env } = keeping;
  hideSecretKey(Buffer.from(secretKey).toString('hex'));
  const npub = formatNpub(getPublicKey(secretKey));
  const { store, text, undo } = await prepare(keeping, npub);
  const path = keyPath(name, store, env);
  try {
    if (!(await writeNewKeyFile(path, text))) throw taken(name, path);
  } catch (error) {
    await undo?.();
    throw error;
  }
  if (store === 'keychain') await provideForCopies(env);
  return { name, npub, store, path };
}

/** A program that runs from a cache may be in hosts as a copy. */
async function provideForCopies(env: NodeJS.ProcessEnv | undefined): Promise<void> {
  const { script } = runningProgram();
  if (isCached(script)) await provideKeychainModule(script, env);
}

/** Keeps a key that is encrypted already as it is. */
export async function keepEncrypted(
  name: string,
  secretKey: Uint8Array,
  ncryptsec: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Kept> {
  const npub = formatNpub(getPublicKey(secretKey));
  const path = keyPath(name, 'encrypted', env);
  if (!(await writeNewKeyFile(path, formatEncrypted(ncryptsec, npub)))) throw taken(name, path);
  return { name, npub, store: 'encrypted', path };
}

function taken(name: string, path: string): CliError {
  return keyError(
    `there is a key called ${name} already: ${path}`,
    'give another name; mcp-nostr key list shows all',
  );
}

interface Prepared {
  store: OwnStore;
  /** Of its file. */
  text: string;
  /** When the file cannot be written. */
  undo?: () => Promise<unknown>;
}

async function prepare(keeping: Keeping, npub: string): Promise<Prepared> {
  const { store, secretKey } = keeping;
  if (store === 'file') return inFile(secretKey);
  if (store === 'encrypted') return inEncrypted(keeping, npub);
  if (store === 'keychain') return inKeychain(keeping, npub);
  try {
    return await inKeychain(keeping, npub);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'keychain') throw error;
    keeping.onnote?.(error.message);
  }
  const password = await newPassword(keeping);
  if (password === '') return inFile(secretKey);
  return { store: 'encrypted', text: formatEncrypted(await encryptKey(secretKey, password), npub) };
}

function inFile(secretKey: Uint8Array): Prepared {
  return { store: 'file', text: `${Buffer.from(secretKey).toString('hex')}\n` };
}

async function inEncrypted(keeping: Keeping, npub: string): Promise<Prepared> {
  const password = await newPassword(keeping);
  if (password === '')
    throw keyError(
      'an encrypted key needs a password, and there is none',
      'type one on a terminal, or name a file that holds it with MCP_NOSTR_PASSWORD_FILE',
    );
  return {
    store: 'encrypted',
    text: formatEncrypted(await encryptKey(keeping.secretKey, password), npub),
  };
}

async function inKeychain(
  { secretKey, keychain = openKeychain() }: Keeping,
  npub: string,
): Promise<Prepared> {
  const before = await keychain.get(npub);
  await keychain.set(npub, nsecEncode(secretKey));
  // One that was there belongs to another name, or to another folder of keys.
  const undo = before === undefined ? { undo: () => keychain.delete(npub).catch(() => false) } : {};
  return { store: 'keychain', text: formatMarker(npub), ...undo };
}

/** Empty when there is none. */
async function newPassword({ isSilent = false, env = process.env }: Keeping): Promise<string> {
  const filed = await passwordFromFile(env);
  if (filed !== undefined) return filed;
  if (isSilent || !canAsk(env)) return '';
  return askNewPassword('A password to encrypt the key with (empty: none)');
}
