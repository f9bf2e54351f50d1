import { formatNpub, getPublicKey } from '@mcp-nostr/core';

import { keyError } from './key-error.ts';
import { askPassword, passwordFromFile } from './password.ts';

/** NIP-49's `LOG_N`: 64 MiB and 0.4 s to try one password, here as for whoever guesses. */
const LOG_N = 16;
/** As sudo has it. */
const MAX_TRIES = 3;

export async function encryptKey(secretKey: Uint8Array, password: string): Promise<string> {
  // Loaded for the keys that need it.
  const { encrypt } = await import('nostr-tools/nip49');
  return encrypt(secretKey, password, LOG_N);
}

/** Undefined when it is another password's. */
async function decryptKey(ncryptsec: string, password: string): Promise<Uint8Array | undefined> {
  const { decrypt } = await import('nostr-tools/nip49');
  try {
    return decrypt(ncryptsec, password);
  } catch (error) {
    if (error instanceof Error && error.message === 'invalid tag') return undefined;
    throw error;
  }
}

/**
 * Opens it with the password from a file, else with what a person types.
 * @throws {CliError} `key_file`
 */
export async function unlockEncrypted(
  { ncryptsec, npub }: { ncryptsec: string; npub: string | undefined },
  shown: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Uint8Array> {
  const filed = await passwordFromFile(env);
  for (let tries = 0; tries < (filed === undefined ? MAX_TRIES : 1); tries += 1) {
    const password = filed ?? (await askPassword(shown));
    const secretKey = await decrypted(ncryptsec, password, shown);
    if (secretKey === undefined) continue;
    if (npub !== undefined && formatNpub(getPublicKey(secretKey)) !== npub)
      throw keyError(
        `${shown} holds another key than its comment says`,
        'correct or remove the line with the npub',
      );
    return secretKey;
  }
  throw keyError(
    `the password of ${shown} is wrong`,
    filed === undefined ? undefined : 'it is in the password file',
  );
}

async function decrypted(
  ncryptsec: string,
  password: string,
  shown: string,
): Promise<Uint8Array | undefined> {
  try {
    return await decryptKey(ncryptsec, password);
  } catch {
    // No cause is kept: it may quote the text.
    throw keyError(`${shown} holds an ncryptsec that cannot be read: its checksum or its version is wrong`);
  }
}
