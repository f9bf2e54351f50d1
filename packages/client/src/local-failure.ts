import type { FailureCode } from '@mcp-nostr/core';
import type { LinkEnd } from '@mcp-nostr/transport';

/** Why requests failed that nobody could be asked about, as their sender reads it. */
export function localFailure(
  code: Exclude<LinkEnd['code'], 'bye' | 'violation'>,
  reason: string,
  { server, relays }: { server: string; relays: string },
): { code: FailureCode; reason: string } {
  if (code === 'silent') return { code: 'server_silent', reason: `${server} does not answer on ${relays}` };
  if (code === 'unreachable')
    return { code: 'relays_unreachable', reason: `no relay can be reached: ${relays}` };
  if (code === 'signer') return { code: 'signer_failed', reason };
  // Relays have no prefix for it.
  const isSize = /too (?:large|big|long)|larger than|\bsize\b|bytes/i.test(reason);
  return { code: isSize ? 'message_too_large' : 'relays_unreachable', reason };
}
