import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';

import vectors from '../bip340.vectors.json' with { type: 'json' };
import { engine as wasm } from './node.ts';
import { engine as portable } from './portable.ts';

const engines = [portable, wasm];
/** An event id is 32 bytes; the vectors with other lengths are for BIP-340's general form. */
const rows = vectors.filter((row) => row.message.length === 64);

describe.each(engines)('engine $name', (engine) => {
  it('covers the published vectors', () => expect(rows).toHaveLength(15));

  it.each(rows)('agrees with BIP-340 vector $index', (row) => {
    const message = hexToBytes(row.message);
    if (row.secretKey !== null && row.auxRand !== null) {
      const secretKey = hexToBytes(row.secretKey);
      expect(bytesToHex(engine.publicKey(secretKey))).toBe(row.publicKey);
      expect(bytesToHex(engine.sign(message, secretKey, hexToBytes(row.auxRand)))).toBe(row.signature);
    }
    expect(engine.verify(hexToBytes(row.signature), message, hexToBytes(row.publicKey))).toBe(row.valid);
  });

  it('says no to a malformed key or signature, and does not throw', () => {
    expect(engine.verify(new Uint8Array(3), new Uint8Array(32), new Uint8Array(32))).toBe(false);
    expect(engine.verify(new Uint8Array(64), new Uint8Array(32), new Uint8Array(1))).toBe(false);
  });

  it('refuses a secret key of zero and a public key off the curve', () => {
    expect(() => engine.publicKey(new Uint8Array(32))).toThrow();
    const offCurve = hexToBytes('4a298dacae57395a15d0795ddbfd1dcb564da82b0f269bc70a74f8220429ba1d');
    expect(() => engine.sharedSecret(randomBytes(32), offCurve)).toThrow();
  });

  it('takes canonical base64 only', () => {
    expect([...engine.fromBase64('AAEC')]).toEqual([0, 1, 2]);
    for (const text of ['AAE', 'AA E=', 'AAE_', 'AAF=']) expect(() => engine.fromBase64(text)).toThrow();
  });
});

describe('both engines', () => {
  const [a, b] = [randomBytes(32), randomBytes(32)];

  it('make the same keys, secrets, hashes and ciphers', () => {
    const data = randomBytes(1_000);
    const nonce = randomBytes(12);
    expect(bytesToHex(wasm.publicKey(a))).toBe(bytesToHex(portable.publicKey(a)));
    const shared = bytesToHex(portable.sharedSecret(a, portable.publicKey(b)));
    expect(bytesToHex(wasm.sharedSecret(b, wasm.publicKey(a)))).toBe(shared);
    const text = bytesToHex(data);
    expect(bytesToHex(wasm.sha256(text))).toBe(bytesToHex(portable.sha256(text)));
    expect(bytesToHex(wasm.hmacSha256(a, data))).toBe(bytesToHex(portable.hmacSha256(a, data)));
    expect(bytesToHex(wasm.chacha20(a, nonce, data))).toBe(bytesToHex(portable.chacha20(a, nonce, data)));
    expect(wasm.toBase64(data)).toBe(portable.toBase64(data));
  });

  it('verify what the other signed, and notice a change of one bit', () => {
    for (const [signer, verifier] of [
      [portable, wasm],
      [wasm, portable],
    ] as const) {
      const message = randomBytes(32);
      const signature = signer.sign(message, a, randomBytes(32));
      expect(verifier.verify(signature, message, signer.publicKey(a))).toBe(true);
      signature[40] = (signature[40] ?? 0) ^ 1;
      expect(verifier.verify(signature, message, signer.publicKey(a))).toBe(false);
    }
  });
});
