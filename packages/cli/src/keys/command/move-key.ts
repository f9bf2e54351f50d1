import { unlink } from 'node:fs/promises';

import { usageError } from '../../errors.ts';
import { forgetInKeychain } from '../keychain/forget.ts';
import { replaceKey, type Kept } from '../keep-key.ts';
import { keyError } from '../key-error.ts';
import { requireKey } from '../key-folder.ts';
import { readStoredKey, unlock } from '../read-secret-key.ts';
import type { NewOptions } from './options.ts';
import { printNote } from './print-keys.ts';

/** Keeps a key in another store. It is in the new one, and was read back there, before it leaves the old one. */
export async function moveKey(name: string, { store, json }: NewOptions): Promise<Kept> {
  const path = requireKey(name);
  const stored = await readStoredKey({ kind: 'file', path, isMade: false, shown: path });
  if (stored === undefined) throw keyError(`there is no key file ${path}`);
  if (stored.store === store) throw usageError(`${name} is kept there already: ${path}`);
  const secretKey = await unlock(stored, path);
  const kept = await replaceKey({ name, secretKey, store, isSilent: json === true, onnote: printNote });
  await unlink(path);
  if (stored.store === 'keychain') await forgetInKeychain({ name, npub: stored.npub });
  return kept;
}
