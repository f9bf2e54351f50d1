import type { FailureCode } from '@mcp-nostr/core';
import { type Link, type LinkEnd, TransportError } from '@mcp-nostr/transport';

/** Why requests failed that nobody could be asked about, as their sender reads it. */
export function localFailure(
  { code, reason, cause }: LinkEnd,
  { server, relays }: { server: string; relays: string },
  link: Link | undefined,
  now: number,
  isEncrypted: boolean,
): { code: FailureCode; reason: string; data?: Record<string, unknown> } {
  if (code === 'silent') {
    const silentSeconds = link?.isOpen === true ? Math.round((now - link.heardAt) / 1_000) : undefined;
    // It has no way to say so: what it cannot or will not read it drops.
    const perhaps = isEncrypted
      ? "a ContextVM server that takes plain text only is reached with encryption 'none' alone"
      : "a server that takes no plain text is reached without encryption 'none' alone";
    const more = silentSeconds === undefined ? perhaps : `it was last heard ${silentSeconds} s ago`;
    return { code: 'server_silent', reason: `${server} does not answer on ${relays}; ${more}` };
  }
  if (code === 'unreachable')
    return { code: 'relays_unreachable', reason: `no relay can be reached: ${relays}` };
  if (code === 'signer') {
    // A session that has ended has nobody who could sign.
    const isOver = cause instanceof TransportError && cause.code === 'grant_expired';
    const words = cause instanceof TransportError ? cause.data['words'] : undefined;
    return {
      code: isOver ? 'grant_expired' : 'signer_failed',
      reason,
      ...(words === undefined ? {} : { data: { words } }),
    };
  }
  // Relays have no prefix for it.
  const isSize = /too (?:large|big|long)|larger than|\bsize\b|bytes/i.test(reason);
  return { code: isSize ? 'message_too_large' : 'relays_unreachable', reason };
}
