import type { FailureCode } from '@mcp-nostr/core';
import type { LinkEnd } from '@mcp-nostr/transport';

/** Why requests failed that nobody could be asked about, as their sender reads it. */
export function localFailure(
  code: Exclude<LinkEnd['code'], 'bye' | 'violation'>,
  reason: string,
  { server, relays }: { server: string; relays: string },
): { code: FailureCode; reason: string } {
  switch (code) {
    case 'silent':
      return { code: 'server_silent', reason: `${server} does not answer on ${relays}` };
    case 'unreachable':
      return { code: 'relays_unreachable', reason: `no relay can be reached: ${relays}` };
    case 'signer':
      return { code: 'signer_failed', reason };
    case 'refused': {
      // Relays have no prefix for it.
      const isSize = /too (?:large|big|long)|larger than|\bsize\b|bytes/i.test(reason);
      return { code: isSize ? 'message_too_large' : 'relays_unreachable', reason };
    }
  }
}
