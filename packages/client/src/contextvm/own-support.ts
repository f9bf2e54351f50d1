import { supportTags } from '@mcp-nostr/core/contextvm';

import type { PaymentOptions } from './payment-options.ts';

/**
 * What a client says that it can do, to servers that know no link. They learn it from any message, and a server that was
 * started again, or has forgotten us, from the next one only.
 */
export function ownSupportTags(isEncrypted: boolean, payments?: PaymentOptions): string[][] {
  const { pmis = [], interaction } = payments ?? {};
  // A server that does not know the other mode refuses every request that names one.
  const paymentInteraction = interaction === 'explicit_gating' ? interaction : undefined;
  return supportTags({
    encryption: isEncrypted,
    ephemeral: isEncrypted,
    oversized: true,
    openStream: true,
    pmis: [...pmis],
    ...(paymentInteraction && { paymentInteraction }),
  });
}
