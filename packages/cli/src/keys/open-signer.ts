import { secretKeySigner, type Signer } from '@mcp-nostr/core';

import { findKeySource, type KeyQuestion } from './key-source.ts';
import { readSecretKey } from './read-secret-key.ts';

/** A key that can be used. */
export interface OpenedKey {
  signer: Signer;
  pubkey: string;
  /** Where it comes from, for people. */
  shown: string;
  /** What it is called, if it is a stored key. */
  name?: string;
  /** This process holds the secret: signing costs nobody an approval. */
  isLocal: boolean;
  close(): Promise<void>;
}

/**
 * The key that a command acts with.
 * @throws {CliError} `key_file` with the place that was looked at; the content of none is ever in a message
 */
export async function openSigner(question: KeyQuestion): Promise<OpenedKey> {
  const source = findKeySource(question);
  const signer = secretKeySigner(await readSecretKey(source, { env: question.env }));
  const name = source.kind === 'file' ? source.name : undefined;
  return {
    signer,
    pubkey: await signer.getPublicKey(),
    shown: source.shown,
    ...(name === undefined ? {} : { name }),
    isLocal: true,
    close: async () => undefined,
  };
}
