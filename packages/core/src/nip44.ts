import { concatBytes, equalBytes } from '@noble/ciphers/utils.js';
import { hexToBytes, randomBytes } from '@noble/hashes/utils.js';

import { engine } from '#engine';

import type { CryptoEngine } from './engine/engine.ts';
import { DecodeError } from './errors.ts';
import { limits } from './limits.ts';

const VERSION = 2;
const NONCE_BYTES = 32;
const MAC_BYTES = 32;
/** Version, nonce, MAC and the smallest padded plaintext (2 + 32 bytes). */
const MIN_PAYLOAD_BYTES = 1 + NONCE_BYTES + MAC_BYTES + 34;
const MAX_PAYLOAD_BYTES = 1 + NONCE_BYTES + MAC_BYTES + 2 + 65_536;

const utf8 = new TextEncoder();
const utf8Strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** NIP-44 v2 over one crypto engine: the framing is here once, the primitives are the engine's. */
export interface Nip44 {
  /** The key that two parties share, from one's secret and the other's public key (hex). */
  conversationKey(secretKey: Uint8Array, pubkey: string): Uint8Array;
  /** @throws {RangeError} when the plaintext is empty or above 65,535 bytes */
  encrypt(plaintext: string, conversationKey: Uint8Array, nonce?: Uint8Array): string;
  /** @throws {DecodeError} `not_decryptable` */
  decrypt(payload: string, conversationKey: Uint8Array): string;
}

export function createNip44(crypto: CryptoEngine): Nip44 {
  /** HKDF-expand to 76 bytes (RFC 5869): encryption key, ChaCha20 nonce, MAC key. */
  function messageKeys(conversationKey: Uint8Array, nonce: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
    const first = crypto.hmacSha256(conversationKey, concatBytes(nonce, Uint8Array.of(1)));
    const second = crypto.hmacSha256(conversationKey, concatBytes(first, nonce, Uint8Array.of(2)));
    const third = crypto.hmacSha256(conversationKey, concatBytes(second, nonce, Uint8Array.of(3)));
    const keys = concatBytes(first, second, third);
    return [keys.subarray(0, 32), keys.subarray(32, 44), keys.subarray(44, 76)];
  }

  return {
    conversationKey(secretKey, pubkey) {
      const shared = crypto.sharedSecret(secretKey, hexToBytes(pubkey));
      return crypto.hmacSha256(utf8.encode('nip44-v2'), shared);
    },

    encrypt(plaintext, conversationKey, nonce = randomBytes(NONCE_BYTES)) {
      const [key, chachaNonce, macKey] = messageKeys(conversationKey, nonce);
      const ciphertext = crypto.chacha20(key, chachaNonce, pad(plaintext));
      const mac = crypto.hmacSha256(macKey, concatBytes(nonce, ciphertext));
      return crypto.toBase64(concatBytes(Uint8Array.of(VERSION), nonce, ciphertext, mac));
    },

    decrypt(payload, conversationKey) {
      // NIP-44: a leading # is reserved for a future, non-base64 version.
      if (payload.startsWith('#')) throw undecryptable('it is of an unknown version');
      if (payload.length > Math.ceil(MAX_PAYLOAD_BYTES / 3) * 4) throw undecryptable('it is too long');
      let data: Uint8Array;
      try {
        data = crypto.fromBase64(payload);
      } catch (cause) {
        throw undecryptable('it is not base64', cause);
      }
      if (data.length < MIN_PAYLOAD_BYTES) throw undecryptable('it is too short');
      if (data[0] !== VERSION) throw undecryptable(`its version is ${data[0]}, not ${VERSION}`);
      const nonce = data.subarray(1, 1 + NONCE_BYTES);
      const ciphertext = data.subarray(1 + NONCE_BYTES, -MAC_BYTES);
      const [key, chachaNonce, macKey] = messageKeys(conversationKey, nonce);
      const mac = crypto.hmacSha256(macKey, concatBytes(nonce, ciphertext));
      if (!equalBytes(mac, data.subarray(-MAC_BYTES))) throw undecryptable('its MAC does not match');
      return unpad(crypto.chacha20(key, chachaNonce, ciphertext));
    },
  };
}

/** NIP-44 with this platform's engine. */
export const nip44: Nip44 = createNip44(engine);

/** NIP-44: steps of 32 bytes up to 256, then eighths of the next power of two. */
export function paddedLength(length: number): number {
  if (length <= 32) return 32;
  const nextPower = 2 ** (Math.floor(Math.log2(length - 1)) + 1);
  const chunk = nextPower <= 256 ? 32 : nextPower / 8;
  return chunk * (Math.floor((length - 1) / chunk) + 1);
}

function pad(plaintext: string): Uint8Array {
  const bytes = utf8.encode(plaintext);
  if (bytes.length < 1 || bytes.length > limits.maxPlaintextBytes) {
    throw new RangeError(`a plaintext of ${bytes.length} bytes is outside 1 to ${limits.maxPlaintextBytes}`);
  }
  const padded = new Uint8Array(2 + paddedLength(bytes.length));
  new DataView(padded.buffer).setUint16(0, bytes.length);
  padded.set(bytes, 2);
  return padded;
}

function unpad(padded: Uint8Array): string {
  const length = new DataView(padded.buffer, padded.byteOffset).getUint16(0);
  if (length < 1 || padded.length !== 2 + paddedLength(length)) throw undecryptable('its padding is wrong');
  try {
    return utf8Strict.decode(padded.subarray(2, 2 + length));
  } catch (cause) {
    throw undecryptable('it is not UTF-8', cause);
  }
}

function undecryptable(reason: string, cause?: unknown): DecodeError {
  return new DecodeError('not_decryptable', `payload not decrypted: ${reason}`, { cause });
}
