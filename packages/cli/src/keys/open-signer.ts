import type { NostrClientTransportOptions } from '@mcp-nostr/client';
import { secretKeySigner, type Signer } from '@mcp-nostr/core';

import { findKeySource, type KeyQuestion } from './key-source.ts';
import { readSecretKey, readStoredKey } from './read-secret-key.ts';

/** What a transport needs so that whoever holds the key is asked once, and not by each program at each start. */
export type SessionOptions = Pick<NostrClientTransportOptions, 'session' | 'sessionSeconds' | 'onsession'>;

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
  /** For a transport to this server (its public key). `seconds`: how long a session lasts, if not a day. */
  sessionAt(server: string, seconds?: number): SessionOptions;
  close(): Promise<void>;
}

/** As long as a signer is waited for. */
const APPROVAL_LIMIT_MS = 120_000;

/** How long a first answer may take: whoever holds the key elsewhere may have to approve the session before it. */
export function firstAnswerTimeoutMs({ isLocal }: OpenedKey, timeoutMs: number): number {
  return isLocal ? timeoutMs : Math.max(timeoutMs, APPROVAL_LIMIT_MS);
}

/**
 * The key that a command acts with.
 * @throws {CliError} `key_file` with the place that was looked at; the content of none is ever in a message
 */
export async function openSigner(question: KeyQuestion): Promise<OpenedKey> {
  const source = findKeySource(question);
  const name = source.kind === 'file' ? source.name : undefined;
  const known = { shown: source.shown, ...(name === undefined ? {} : { name }) };
  const stored = await readStoredKey(source);
  if (stored?.store === 'bunker' || stored?.store === 'bunker-address') {
    const { openRemoteKey } = await import('./remote/open-remote-key.ts');
    return { ...known, ...(await openRemoteKey(stored, question.env)) };
  }
  const signer = secretKeySigner(await readSecretKey(source, { env: question.env }));
  return {
    ...known,
    signer,
    pubkey: await signer.getPublicKey(),
    isLocal: true,
    sessionAt: () => ({}),
    close: async () => undefined,
  };
}
