import { hexToBytes } from '@noble/hashes/utils.js';
import * as nip19 from 'nostr-tools/nip19';

import { AddressError } from './errors.ts';
import { isHex32 } from './event.ts';
import { getPublicKey } from './schnorr.ts';

/**
 * A secret key as people keep it: 64 hex characters, or an nsec (NIP-19).
 * @throws {AddressError} `bad_secret_key`; the message does not repeat the text
 */
export function parseSecretKey(text: string): Uint8Array {
  const code = text.trim().toLowerCase();
  const key = isHex32(code) ? hexToBytes(code) : decodeNsec(code);
  try {
    getPublicKey(key);
  } catch {
    throw bad('it is outside the range of secret keys');
  }
  return key;
}

// No cause is kept: a decoder's error may quote what it could not read.
function decodeNsec(code: string): Uint8Array {
  if (!code.startsWith('nsec1')) throw bad('it is neither an nsec nor 64 hex characters');
  try {
    const decoded: nip19.DecodedResult = nip19.decode(code);
    if (decoded.type === 'nsec') return decoded.data;
  } catch {
    // said below
  }
  throw bad('the checksum of the nsec is wrong');
}

function bad(reason: string): AddressError {
  return new AddressError('bad_secret_key', `not a secret key: ${reason}`);
}
