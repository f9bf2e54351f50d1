/**
 * The platform seam of this package: everything whose fastest implementation differs between Node and a browser.
 * All keys, messages and signatures are raw bytes; public keys are x-only (BIP-340).
 */
export interface CryptoEngine {
  readonly name: 'noble' | 'libsecp256k1-wasm';
  /** @throws when the bytes are no valid secret key (zero, or not below the curve order) */
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** BIP-340 signature of a 32-byte message; `auxRand` is the 32 bytes of auxiliary randomness. */
  sign(message: Uint8Array, secretKey: Uint8Array, auxRand: Uint8Array): Uint8Array;
  /** Never throws: a malformed key or signature is simply not valid. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /**
   * The x coordinate of the shared point (NIP-44 takes it unhashed).
   * @throws when the public key is not on the curve or the secret key is not valid
   */
  sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** Of a text's UTF-8. */
  sha256(text: string): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** RFC 8439 ChaCha20 with a 12-byte nonce, counter from 0. */
  chacha20(key: Uint8Array, nonce: Uint8Array, data: Uint8Array): Uint8Array;
  toBase64(data: Uint8Array): string;
  /** Strict, with padding. @throws when the text is not canonical base64 */
  fromBase64(text: string): Uint8Array;
}

/** The even-y point of an x-only key in compressed form, which is what the curve libraries multiply. */
export function liftX(publicKey: Uint8Array): Uint8Array {
  const point = new Uint8Array(33);
  point[0] = 2;
  point.set(publicKey, 1);
  return point;
}
