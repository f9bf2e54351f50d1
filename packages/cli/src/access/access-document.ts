import { formatNpub } from '@mcp-nostr/core';
import type { AllowedKey, DeniedKey, Invite } from '@mcp-nostr/server';

/** An entry as `--json` prints it. */
export function allowedDocument({ pubkey, addedAt, expiresAt, ...rest }: AllowedKey): object {
  return {
    npub: formatNpub(pubkey),
    ...rest,
    addedAt: isoTime(addedAt),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
  };
}

export function deniedDocument({ pubkey, addedAt, ...rest }: DeniedKey): object {
  return { npub: formatNpub(pubkey), ...rest, addedAt: isoTime(addedAt) };
}

/** What it is known by, and nothing of its code. */
export function inviteDocument({ id, name, uses, redeemedBy, expiresAt, rules }: Invite): object {
  return {
    id,
    ...(name !== undefined && { name }),
    ...rules,
    uses,
    redeemedBy: redeemedBy.map(formatNpub),
    expiresAt: isoTime(expiresAt),
  };
}

export function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
