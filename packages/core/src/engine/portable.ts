import { chacha20 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as secp256k1 from '@noble/secp256k1';
import { base64 } from '@scure/base';

import { type CryptoEngine, liftX } from './engine.ts';

// noble-secp256k1 takes its hash from outside; BIP-340 needs SHA-256 and nothing else.
secp256k1.hashes.sha256 = sha256;

const utf8 = new TextEncoder();

/** Pure JavaScript: runs everywhere, the only engine that must. */
export const engine: CryptoEngine = {
  name: 'noble',
  publicKey: (secretKey) => secp256k1.schnorr.getPublicKey(secretKey),
  sign: (message, secretKey, auxRand) => secp256k1.schnorr.sign(message, secretKey, auxRand),
  verify(signature, message, publicKey) {
    try {
      return secp256k1.schnorr.verify(signature, message, publicKey);
    } catch {
      return false;
    }
  },
  sharedSecret: (secretKey, publicKey) => secp256k1.getSharedSecret(secretKey, liftX(publicKey)).slice(1),
  sha256: (text) => sha256(utf8.encode(text)),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  chacha20: (key, nonce, data) => chacha20(key, nonce, data),
  toBase64: (data) => base64.encode(data),
  fromBase64: (text) => base64.decode(text),
};
