import { AUTH_KIND, type NostrEvent, type Signer } from '@mcp-nostr/core';

/** The event that answers a relay's challenge (NIP-42). `nowSeconds` is the time to sign it with. */
export async function signAuthEvent(
  signer: Signer,
  relay: string,
  challenge: string,
  nowSeconds: number,
): Promise<NostrEvent> {
  return signer.signEvent({
    kind: AUTH_KIND,
    created_at: nowSeconds,
    tags: [
      ['relay', relay],
      ['challenge', challenge],
    ],
    content: '',
  });
}
