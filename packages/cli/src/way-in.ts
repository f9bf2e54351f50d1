/** What a caller can do whom a server does not let in: its owner needs the key. */
export function wayIn(code: 'not_allowed' | 'invite_required', npub: string): string {
  const allow = `its owner can let you in with: mcp-nostr allow ${npub}`;
  return code === 'invite_required' ? `redeem an invite with mcp-nostr pair; or ${allow}` : allow;
}
