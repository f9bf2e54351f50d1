import { AddressError, parseSecretKey } from '@mcp-nostr/core';

import { createKeyFile, readKeyFile } from '../key-file.ts';
import { hideSecretKey } from '../log/redact.ts';
import { keyError } from './key-error.ts';
import type { KeySource } from './key-source.ts';

/** The secret key itself. From here on no line of the log has it. @throws {CliError} */
export async function readSecretKey(source: KeySource): Promise<Uint8Array> {
  const secretKey = source.kind === 'text' ? parse(source.text, source.shown) : await fromFile(source);
  hideSecretKey(Buffer.from(secretKey).toString('hex'));
  return secretKey;
}

async function fromFile(source: Extract<KeySource, { kind: 'file' }>): Promise<Uint8Array> {
  const { path, isMade, shown } = source;
  const text = await readKeyFile(path, source);
  if (text !== undefined) return parse(text, shown);
  if (isMade) return parse(await createKeyFile(path), shown);
  throw keyError(`there is no key file ${shown}`);
}

// No cause is kept: a decoder's error may quote what it could not read.
function parse(text: string, shown: string): Uint8Array {
  try {
    return parseSecretKey(text);
  } catch (error) {
    const reason = error instanceof AddressError ? error.message : 'unreadable';
    throw keyError(
      `${shown} holds no key (${reason})`,
      'name another with --key; a file that is moved away is replaced by one with a new key',
    );
  }
}
