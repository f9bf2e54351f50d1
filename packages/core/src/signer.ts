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

/** As many senders may be in the middle of something large. */
const CONVERSATIONS = 64;

/** Those that ask nobody. */
const secretKeySigners = new WeakSet<Signer>();

/** A signer for a secret key that this process holds. The bytes are copied and never leave the signer. */
export function secretKeySigner(secretKey: Uint8Array): Signer {
  const key = Uint8Array.from(secretKey);
  const pubkey = getPublicKey(key);
  /** Of the last ones that were heard: the parts of a large message come under one key. */
  const conversations = new Map<string, Uint8Array>();
  const conversationKey = (peer: string): Uint8Array => {
    const conversation = conversations.get(peer) ?? nip44.conversationKey(key, peer);
    conversations.delete(peer);
    conversations.set(peer, conversation);
    const [oldest] = conversations.keys();
    if (conversations.size > CONVERSATIONS && oldest !== undefined) conversations.delete(oldest);
    return conversation;
  };
  const signer: Signer = {
    getPublicKey: async () => pubkey,
    signEvent: async (template) => signEvent(template, key, pubkey),
    nip44: {
      encrypt: async (peer, plaintext) => nip44.encrypt(plaintext, conversationKey(peer)),
      decrypt: async (peer, ciphertext) => nip44.decrypt(ciphertext, conversationKey(peer)),
    },
  };
  secretKeySigners.add(signer);
  return signer;
}

/** Whether it signs by itself, without a person or another device that would be asked each time. */
export function isSecretKeySigner(signer: Signer): boolean {
  return secretKeySigners.has(signer);
}
