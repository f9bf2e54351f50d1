import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js';

import { engine } from '#engine';

/** 32 random bytes that are a valid secret key: the chance that they are not is 2^-128. */
export function generateSecretKey(): Uint8Array {
  return randomBytes(32);
}

/** The x-only public key, lower-case hex (BIP-340). */
export function getPublicKey(secretKey: Uint8Array): string {
  return bytesToHex(engine.publicKey(secretKey));
}

/** BIP-340 signature over an event id, both lower-case hex. */
export function signId(id: string, secretKey: Uint8Array): string {
  return bytesToHex(engine.sign(hexToBytes(id), secretKey, randomBytes(32)));
}

/** Whether the signature over this event id is its author's. Never throws. */
export function verifyId(id: string, signature: string, pubkey: string): boolean {
  try {
    return engine.verify(hexToBytes(signature), hexToBytes(id), hexToBytes(pubkey));
  } catch {
    return false;
  }
}

/** Which implementation signs and verifies here, for a start-up line or a bug report. */
export const engineName: string = engine.name;
