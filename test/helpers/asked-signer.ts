import {
  type EventTemplate,
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  secretKeySigner,
  type Signer,
} from '@mcp-nostr/core';

import { Recorder } from './recorder.ts';

/** A signer with a person behind it: notes each time that somebody is asked, for whatever. */
export class AskedSigner implements Signer {
  readonly pubkey: string;
  /** What was to be signed, or the word for what else was wanted. */
  readonly asked = new Recorder<EventTemplate | 'key' | 'encrypt' | 'decrypt'>('a question to the signer');
  /** What the person says instead of yes. */
  refusal: string | undefined;
  readonly #signer: Signer;

  constructor(secretKey: Uint8Array = generateSecretKey()) {
    this.#signer = secretKeySigner(secretKey);
    this.pubkey = getPublicKey(secretKey);
  }

  async getPublicKey(): Promise<string> {
    this.asked.add('key');
    return this.#signer.getPublicKey();
  }

  async signEvent(template: EventTemplate): Promise<NostrEvent> {
    this.asked.add(template);
    if (this.refusal !== undefined) throw new Error(this.refusal);
    return this.#signer.signEvent(template);
  }

  readonly nip44: NonNullable<Signer['nip44']> = {
    encrypt: async () => {
      this.asked.add('encrypt');
      throw new Error('never');
    },
    decrypt: async () => {
      this.asked.add('decrypt');
      throw new Error('never');
    },
  };
}
