import { parseAddress } from '@mcp-nostr/core';

import { findKeySource, type KeyQuestion } from './key-source.ts';
import { openSigner } from './open-signer.ts';
import { readStoredKey } from './read-secret-key.ts';

/**
 * The public key that a command acts with. Where the file says it nobody is asked for a password, and no keychain. A
 * missing one is made, as by the command itself.
 */
export async function whoseKey(question: KeyQuestion): Promise<string> {
  const stored = await readStoredKey(findKeySource(question));
  if (stored?.npub !== undefined) return parseAddress(stored.npub).pubkey;
  const key = await openSigner(question);
  await key.close();
  return key.pubkey;
}
