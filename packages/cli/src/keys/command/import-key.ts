import { open } from 'node:fs/promises';

import { parseKeyText } from '../../key-file.ts';
import { askHidden, canAsk } from '../../ask.ts';
import { usageError } from '../../errors.ts';
import { hideSecret } from '../../log/redact.ts';
import { keepEncrypted, keepKey, type Kept, requireFreeName } from '../keep-key.ts';
import { keyError } from '../key-error.ts';
import { connectSigner } from '../remote/connect-signer.ts';
import { keepRemote } from '../remote/keep-remote.ts';
import { unlock } from '../read-secret-key.ts';
import { parseStoredKey } from '../stored-key.ts';
import type { ImportOptions } from './options.ts';
import { printNote } from './print-keys.ts';

/** More than this is no key. */
const MAX_BYTES = 4_096;

/**
 * Keeps a key that a person has, or the way to a remote signer that has it. One that is encrypted stays so, under the
 * password that it has, unless a store is named.
 */
export async function importKey(
  name: string,
  { file, store, json, for: role }: ImportOptions,
): Promise<Kept> {
  requireFreeName(name);
  const shown = file ?? 'what was given';
  const text = await readSecretText(file);
  hideSecret(text.trim());
  const given = parseStoredKey(parseKeyText(text), shown);
  if (given.store === 'bunker-address') return keepRemote(name, await connectSigner(given.address, { role }));
  if (given.store === 'keychain') throw keyError(`${shown} is no key: it says that one is in the keychain`);
  const secretKey = await unlock(given, shown);
  if (given.store === 'encrypted' && (store === undefined || store === 'encrypted'))
    return keepEncrypted(name, secretKey, given.ncryptsec);
  return keepKey({ name, secretKey, store, isSilent: json === true, onnote: printNote });
}

/** From a file, from what is piped in, or from a person who types or pastes; an argument is for everybody to see. */
async function readSecretText(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    const handle = await open(file, 'r');
    try {
      return await readBounded(handle.createReadStream({ end: MAX_BYTES, autoClose: false }));
    } finally {
      await handle.close();
    }
  }
  if (!process.stdin.isTTY) return readBounded(process.stdin);
  if (!canAsk())
    throw usageError('there is nobody to ask for the key', 'pipe it in, or name a file with --file');
  return askHidden('The key: nsec, 64 hex characters, ncryptsec, or the bunker:// of a remote signer');
}

async function readBounded(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const part = Buffer.from(String(chunk));
    bytes += part.byteLength;
    if (bytes > MAX_BYTES) throw usageError(`more than ${MAX_BYTES} bytes are no key`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}
