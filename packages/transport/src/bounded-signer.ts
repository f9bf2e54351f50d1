import type { Signer } from '@mcp-nostr/core';

import { TransportError } from './errors.ts';
import { limits } from './limits.ts';

/**
 * A signer of which every answer comes in time or fails: one lost answer (a pop-up that was closed, a message of a
 * remote signer that did not arrive) must not hold up what waits behind it for ever.
 */
export function boundedSigner(signer: Signer, timeoutMs: number = limits.signerTimeoutMs): Signer {
  const inTime = async <T>(what: string, answer: Promise<T>): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const text = `the signer did not ${what} within ${timeoutMs / 1000} s`;
      timer = setTimeout(() => reject(new TransportError('signer_failed', text)), timeoutMs);
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  };
  const { nip44 } = signer;
  return {
    getPublicKey: () => signer.getPublicKey(),
    signEvent: (template) => inTime('sign', signer.signEvent(template)),
    ...(nip44 === undefined
      ? {}
      : {
          nip44: {
            encrypt: (pubkey, plaintext) => inTime('encrypt', nip44.encrypt(pubkey, plaintext)),
            decrypt: (pubkey, ciphertext) => inTime('decrypt', nip44.decrypt(pubkey, ciphertext)),
          },
        }),
  };
}
