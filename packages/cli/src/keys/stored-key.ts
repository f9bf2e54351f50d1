import type { RemoteSignerRecord } from '@mcp-nostr/client/remote-signer';
import { AddressError, formatNpub, getPublicKey, parseAddress, parseSecretKey } from '@mcp-nostr/core';

import type { KeyFileText } from '../key-file.ts';
import { keyError } from './key-error.ts';
import { parseBunkerRecord } from './remote/bunker-record.ts';

/** What is in the file of a key. What it is, is seen by its content; the extension says it to people. */
export type StoredKey =
  | { store: 'file'; secretKey: Uint8Array; npub: string }
  /** NIP-49. The npub stands beside it so that nobody has to give the password only to see whose it is. */
  | { store: 'encrypted'; ncryptsec: string; npub: string | undefined }
  /** The secret is elsewhere. */
  | { store: 'keychain'; npub: string }
  | { store: 'bunker'; record: RemoteSignerRecord; npub: string }
  /** Of a remote signer that was not connected yet. */
  | { store: 'bunker-address'; address: string; npub?: undefined };

const KEYCHAIN_LINE = /^keychain (npub1[02-9ac-hj-np-z]{58})$/;

/** @throws {CliError} `key_file`, which names the place and repeats nothing of the content */
export function parseStoredKey({ line, comments }: KeyFileText, shown: string): StoredKey {
  const npub = comments.find(isNpub);
  if (/^ncryptsec1[02-9ac-hj-np-z]+$/i.test(line))
    return { store: 'encrypted', ncryptsec: line.toLowerCase(), npub };
  const [, account] = KEYCHAIN_LINE.exec(line) ?? [];
  if (account !== undefined) return { store: 'keychain', npub: account };
  const record = parseBunkerRecord(line);
  if (record !== undefined) return { store: 'bunker', record, npub: formatNpub(record.pubkey) };
  if (line.startsWith('bunker://')) return { store: 'bunker-address', address: line };
  try {
    const secretKey = parseSecretKey(line);
    return { store: 'file', secretKey, npub: formatNpub(getPublicKey(secretKey)) };
  } catch (error) {
    // No cause is kept: a decoder's error may quote what it could not read.
    const reason = error instanceof AddressError ? error.message : 'unreadable';
    throw keyError(
      `${shown} holds no key (${reason})`,
      'name another with --key; a key that is needed and not there is made anew',
    );
  }
}

/** The file of a key that is kept elsewhere or under a password: its npub is for whoever looks. */
export function formatMarker(npub: string): string {
  return `# kept in the keychain of this system\nkeychain ${npub}\n`;
}

export function formatEncrypted(ncryptsec: string, npub: string): string {
  return `# ${npub}\n${ncryptsec}\n`;
}

function isNpub(text: string): boolean {
  try {
    return text.startsWith('npub1') && parseAddress(text).pubkey !== '';
  } catch {
    return false;
  }
}
