import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';

import { engine as wasm } from './engine/node.ts';
import { engine as portable } from './engine/portable.ts';
import { createNip44, paddedLength } from './nip44.ts';
import vectors from './nip44.vectors.json' with { type: 'json' };

const { valid, invalid } = vectors.v2;
const sha256 = (text: string): string => bytesToHex(portable.sha256(text));

describe.each([portable, wasm])('NIP-44 over $name', (engine) => {
  const nip44 = createNip44(engine);
  const publicKey = (secret: string): string => bytesToHex(engine.publicKey(hexToBytes(secret)));

  it.each(valid.get_conversation_key)(
    'derives the conversation key with $pub2',
    ({ sec1, pub2, conversation_key }) => {
      expect(bytesToHex(nip44.conversationKey(hexToBytes(sec1), pub2))).toBe(conversation_key);
    },
  );

  it.each(valid.encrypt_decrypt)('encrypts and decrypts $plaintext', (row) => {
    const key = nip44.conversationKey(hexToBytes(row.sec1), publicKey(row.sec2));
    expect(bytesToHex(key)).toBe(row.conversation_key);
    expect(nip44.encrypt(row.plaintext, key, hexToBytes(row.nonce))).toBe(row.payload);
    expect(nip44.decrypt(row.payload, key)).toBe(row.plaintext);
  });

  it.each(valid.encrypt_decrypt_long_msg)('encrypts $pattern repeated $repeat times', (row) => {
    const plaintext = row.pattern.repeat(row.repeat);
    expect(sha256(plaintext)).toBe(row.plaintext_sha256);
    const key = hexToBytes(row.conversation_key);
    const payload = nip44.encrypt(plaintext, key, hexToBytes(row.nonce));
    expect(sha256(payload)).toBe(row.payload_sha256);
    expect(nip44.decrypt(payload, key)).toBe(plaintext);
  });

  it.each(invalid.encrypt_msg_lengths)('refuses to encrypt %i bytes', (length) => {
    expect(() => nip44.encrypt('a'.repeat(length), new Uint8Array(32).fill(1))).toThrow(/plaintext of/);
  });

  it.each(invalid.get_conversation_key)('makes no conversation key: $note', ({ sec1, pub2 }) => {
    expect(() => nip44.conversationKey(hexToBytes(sec1), pub2)).toThrow();
  });

  it.each(invalid.decrypt)('does not decrypt: $note', ({ conversation_key, payload }) => {
    expect(() => nip44.decrypt(payload, hexToBytes(conversation_key))).toThrow(
      expect.objectContaining({ code: 'not_decryptable' }),
    );
  });

  it('uses a fresh nonce each time', () => {
    const key = new Uint8Array(32).fill(7);
    expect(nip44.encrypt('same', key)).not.toBe(nip44.encrypt('same', key));
  });
});

describe('the engines together', () => {
  it('derive the message keys of the vectors, seen through the payloads they make', () => {
    // The keys are internal; a payload that differs in any of them could not match the other engine's.
    for (const { nonce } of valid.get_message_keys.keys) {
      const key = hexToBytes(valid.get_message_keys.conversation_key);
      const payload = createNip44(portable).encrypt('message', key, hexToBytes(nonce));
      expect(createNip44(wasm).encrypt('message', key, hexToBytes(nonce))).toBe(payload);
      expect(createNip44(wasm).decrypt(payload, key)).toBe('message');
    }
  });

  it.each(valid.calc_padded_len)('pads %i to %i', (length, padded) => {
    expect(paddedLength(length ?? 0)).toBe(padded);
  });
});
