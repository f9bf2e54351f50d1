import { isRecord, type Signer } from '@mcp-nostr/core';

/**
 * The signer that a browser extension has put into the page (NIP-07), if there is one. It can be given to the
 * transport as it is, which asks it for one signature: the grant to a key of this visit.
 */
export function extensionSigner(): Signer | undefined {
  const nostr: unknown = Reflect.get(window, 'nostr');
  return isSigner(nostr) ? nostr : undefined;
}

function isSigner(value: unknown): value is Signer {
  return (
    isRecord(value) && typeof value['getPublicKey'] === 'function' && typeof value['signEvent'] === 'function'
  );
}
