import { generateSecretKey, getPublicKey, MESSAGE_KIND, secretKeySigner, type Signer } from '@mcp-nostr/core';

/**
 * Whether a remote signer does for us what a server needs for each message; what is wrong with it, or undefined. It may
 * take its time, and a server need not wait for that.
 */
export async function checkServerSigner(signer: Signer, pubkey: string): Promise<string | undefined> {
  const caller = generateSecretKey();
  try {
    const secret = (await secretKeySigner(caller).nip44?.encrypt(pubkey, 'a trial')) ?? '';
    await signer.nip44?.decrypt(getPublicKey(caller), secret);
    const createdAt = Math.floor(Date.now() / 1_000);
    await signer.signEvent({ kind: MESSAGE_KIND, created_at: createdAt, tags: [], content: 'a trial' });
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `callers cannot be answered: ${reason}; if it was not asked for that, connect it again: mcp-nostr key import <name> --for server`;
  }
}
