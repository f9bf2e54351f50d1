import { formatNpub } from '@mcp-nostr/core';

/**
 * Hosts put it in front of the names of tools, and models take 64 characters for both; Claude Code and Codex take no
 * other characters than these.
 */
const MAX_NAME_LENGTH = 24;
const namePattern = /^[\w-]{1,64}$/;

export function isServerName(name: string): boolean {
  return namePattern.test(name);
}

/** A name for hosts from what a server calls itself: `mcp-servers/everything` becomes `everything`. */
export function nameFor(serverName: string | undefined, pubkey: string): string {
  const words = (serverName ?? '').split('/').at(-1) ?? '';
  const name = words
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^-+|-+$/g, '');
  return name === '' ? `nostr-${tail(pubkey)}` : name;
}

/** Tells two servers of one name apart. */
export function nameWithKey(name: string, pubkey: string): string {
  return `${name}-${tail(pubkey)}`;
}

function tail(pubkey: string): string {
  return formatNpub(pubkey).slice(-4);
}
