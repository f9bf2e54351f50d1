import { formatNpub, getPublicKey, parseSecretKey } from '@mcp-nostr/core';

import { createKeyFile, type KeyFileText, parseKeyText, readKeyFile } from '../key-file.ts';
import { hideSecretKey } from '../log/redact.ts';
import { unlockEncrypted } from './encrypted.ts';
import { keyError } from './key-error.ts';
import type { KeySource } from './key-source.ts';
import { type Keychain, openKeychain } from './keychain/keychain.ts';
import { parseStoredKey, type StoredKey } from './stored-key.ts';

export interface Unlocking {
  env?: NodeJS.ProcessEnv | undefined;
  keychain?: Keychain | undefined;
}

/** The secret key itself, asking for what it takes. From here on no line of the log has it. @throws {CliError} */
export async function readSecretKey(source: KeySource, unlocking: Unlocking = {}): Promise<Uint8Array> {
  const stored = (await readStoredKey(source)) ?? (await makeKey(source));
  const secretKey = await unlock(stored, source.shown, unlocking);
  hideSecretKey(Buffer.from(secretKey).toString('hex'));
  return secretKey;
}

/** What is there; undefined when there is nothing, and that is no mistake. */
export async function readStoredKey(source: KeySource): Promise<StoredKey | undefined> {
  const text: KeyFileText | undefined =
    source.kind === 'text' ? parseKeyText(source.text) : await readKeyFile(source.path, source);
  if (text !== undefined) return parseStoredKey(text, source.shown);
  if (source.kind === 'file' && source.isMade) return undefined;
  throw keyError(`there is no key file ${source.shown}`);
}

/**
 * A first key is a file and never in the keychain, where a host or systemd starts us without a session and tomorrow
 * perhaps before one: what was made in an unlocked keychain could not be read then, and the address would be gone.
 */
async function makeKey(source: KeySource): Promise<StoredKey> {
  if (source.kind === 'text') throw keyError(`${source.shown} holds no key`);
  return parseStoredKey(await createKeyFile(source.path), source.shown);
}

/** A key that is locked or not there is an error, whatever else could be done: never another key. */
export async function unlock(
  stored: StoredKey,
  shown: string,
  { env, keychain = openKeychain() }: Unlocking = {},
): Promise<Uint8Array> {
  if (stored.store === 'file') return stored.secretKey;
  if (stored.store === 'encrypted') return unlockEncrypted(stored, shown, env);
  if (stored.store === 'bunker' || stored.store === 'bunker-address')
    throw keyError(`the secret key of ${shown} is with its remote signer, and cannot be taken out of there`);
  const { npub } = stored;
  const secret = await keychain.get(npub);
  if (secret === undefined)
    throw keyError(
      `the key ${npub} of ${shown} is not in the keychain`,
      'if there is a copy: mcp-nostr key import',
    );
  const secretKey = parseInKeychain(secret, shown);
  if (formatNpub(getPublicKey(secretKey)) !== npub)
    throw keyError(`the keychain holds another key than ${npub}, which ${shown} names`);
  return secretKey;
}

function parseInKeychain(secret: string, shown: string): Uint8Array {
  try {
    return parseSecretKey(secret);
  } catch {
    throw keyError(`what the keychain holds for ${shown} is no key`);
  }
}
