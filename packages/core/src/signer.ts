import type { EventTemplate, NostrEvent } from './event.ts';
import { signEvent } from './event.ts';
import { nip44 } from './nip44.ts';
import { getPublicKey } from './schnorr.ts';

/**
 * Who signs and decrypts for a key. The shape is NIP-07's `window.nostr`, so a browser extension fits as it is, and
 * a remote signer (NIP-46) fits behind the same calls. A program's own key comes from {@link secretKeySigner}.
 */
export interface Signer {
  /** The public key, 64 lower-case hex characters. */
  getPublicKey(): Promise<string>;
  signEvent(template: EventTemplate): Promise<NostrEvent>;
  nip44?: {
    encrypt(pubkey: string, plaintext: string): Promise<string>;
    decrypt(pubkey: string, ciphertext: string): Promise<string>;
  };
}

/** A signer for a secret key that this process holds. The bytes are copied and never leave the signer. */
export function secretKeySigner(secretKey: Uint8Array): Signer {
  const key = Uint8Array.from(secretKey);
  const pubkey = getPublicKey(key);
  return {
    getPublicKey: async () => pubkey,
    signEvent: async (template) => signEvent(template, key, pubkey),
    nip44: {
      encrypt: async (peer, plaintext) => nip44.encrypt(plaintext, nip44.conversationKey(key, peer)),
      decrypt: async (peer, ciphertext) => nip44.decrypt(ciphertext, nip44.conversationKey(key, peer)),
    },
  };
}
