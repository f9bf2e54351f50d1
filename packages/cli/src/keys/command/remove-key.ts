import { unlink } from 'node:fs/promises';

import { parseAddress } from '@mcp-nostr/core';

import { askConsent, askText, canAsk, declined } from '../../ask.ts';
import { CliError, usageError } from '../../errors.ts';
import { requireKey } from '../key-folder.ts';
import { forgetInKeychain } from '../keychain/forget.ts';
import { forgetSessions } from '../../sessions/kept-sessions.ts';
import { shellWord } from '../../shell-word.ts';
import { describeKey, type ListedKey, listKeys } from '../list-keys.ts';
import type { RemoveOptions } from './options.ts';
import { printDone, printNote } from './print-keys.ts';

/**
 * Removes a key for good: no copy is kept, since who removes a secret wants it gone. The last copy asks for its name to
 * be typed.
 */
export async function removeKey(name: string, { yes, json }: RemoveOptions): Promise<void> {
  const path = requireKey(name);
  const key = await describeKey(name, path);
  if (yes !== true) await confirmRemoval(key, json === true);
  const { npub } = key;
  // First: while the keychain is locked all stays as it is.
  if (key.store === 'keychain' && npub !== undefined) await forget({ name, npub, path });
  await unlink(path);
  if (npub !== undefined) await forgetSessions(parseAddress(npub).pubkey);
  printDone({ name, npub, path }, `removed ${name} (${npub ?? path})`, json);
  for (const role of key.usedFor) {
    const next =
      name === role ? 'a new key is made at its next use' : 'choose another: mcp-nostr key use <name>';
    printNote(`${role} has no key now; ${next}`);
  }
}

async function forget({ name, npub, path }: { name: string; npub: string; path: string }): Promise<void> {
  try {
    await forgetInKeychain({ name, npub });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hint = `nothing was removed; without the keychain only its name can be: rm ${shellWord(path)}`;
    throw new CliError(error.code, error.exitCode, error.message, { hint, cause: error });
  }
}

async function confirmRemoval(key: ListedKey, isSilent: boolean): Promise<void> {
  if (key.store === 'bunker' && !isSilent && canAsk())
    return askConsent(`Forget the remote signer of ${key.name}? The key itself stays with it.`);
  const isLast = !(await listKeys()).some(
    // A remote signer gives nobody the key that it holds.
    ({ name, npub, store }) =>
      name !== key.name && npub === key.npub && npub !== undefined && store !== 'bunker',
  );
  if (isSilent || !canAsk())
    throw usageError(
      isLast
        ? `this is the last copy of ${key.npub ?? key.name}`
        : `it would remove ${key.name}, and there is no terminal to ask on`,
      `--yes removes it; mcp-nostr key export ${key.name} keeps a copy`,
    );
  if (!isLast) return askConsent(`Remove ${key.name}? There is another copy of ${key.npub}.`);
  const used = key.usedFor.length === 0 ? '' : ` ${key.usedFor.join(' and ')} act as it.`;
  const answer = await askText(
    `This is the last copy of ${key.npub ?? key.name}: nobody can bring it back.${used} Type ${key.name} to remove it`,
  );
  if (answer.trim() !== key.name) throw declined();
}
