import { formatNpub, getPublicKey } from '@mcp-nostr/core';
import { nsecEncode } from 'nostr-tools/nip19';

import { askConsent, canAsk } from '../../ask.ts';
import { usageError } from '../../errors.ts';
import { hideSecretKey } from '../../log/redact.ts';
import { encryptKey } from '../encrypted.ts';
import { keyError } from '../key-error.ts';
import { requireKey } from '../key-folder.ts';
import { askNewPassword, passwordFromFile } from '../password.ts';
import { readStoredKey, unlock } from '../read-secret-key.ts';
import type { ExportOptions } from './options.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Prints a key on stdout, the only place where one ever is: encrypted, unless its owner insists. */
export async function exportKey(name: string, { unencrypted, yes, json }: ExportOptions): Promise<void> {
  const path = requireKey(name);
  const stored = await readStoredKey({ kind: 'file', path, isMade: false, shown: path });
  if (stored === undefined) throw keyError(`there is no key file ${path}`);
  if (stored.store === 'encrypted' && unencrypted !== true) {
    say(`${stored.npub ?? name}, encrypted with the password that it has`);
    return print({ name, npub: stored.npub, ncryptsec: stored.ncryptsec }, stored.ncryptsec, json);
  }
  if (unencrypted === true) await confirmExport(name, yes);
  const secretKey = await unlock(stored, path);
  hideSecretKey(Buffer.from(secretKey).toString('hex'));
  const npub = formatNpub(getPublicKey(secretKey));
  if (unencrypted === true) {
    const nsec = nsecEncode(secretKey);
    say('whoever sees this line can act as its owner, for ever');
    return print({ name, npub, nsec }, nsec, json);
  }
  const ncryptsec = await encryptKey(secretKey, await exportPassword());
  say(`${npub}, encrypted: without its password it is of no use`);
  print({ name, npub, ncryptsec }, ncryptsec, json);
}

async function confirmExport(name: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  if (!canAsk())
    throw usageError(
      'it would print a secret key, and there is no terminal to ask on',
      '--yes prints it without asking',
    );
  await askConsent(`Print the secret key ${name} as it is?`);
}

async function exportPassword(): Promise<string> {
  const filed = await passwordFromFile();
  if (filed !== undefined) return filed;
  if (!canAsk())
    throw usageError(
      'there is no terminal to ask for a password on',
      'MCP_NOSTR_PASSWORD_FILE names a file that holds one; --unencrypted does without',
    );
  const password = await askNewPassword('A password to encrypt it with');
  if (password === '')
    throw usageError('without a password it would not be encrypted', '--unencrypted prints the nsec');
  return password;
}

function print(fields: Record<string, unknown>, text: string, json: boolean | undefined): void {
  process.stdout.write(`${json === true ? JSON.stringify(fields) : text}\n`);
}
