import { type Address, parseRelayUrl } from '@mcp-nostr/core';

/** Collects a repeatable option; each use may also hold several, separated by commas or spaces. */
export function collectRelays(text: string, earlier: string[] = []): string[] {
  const urls = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => parseRelayUrl(part));
  return [...new Set([...earlier, ...urls])];
}

/** The relays of `MCP_NOSTR_RELAYS`, if it names any. */
export function relaysFromEnvironment(env: NodeJS.ProcessEnv = process.env): string[] | undefined {
  const relays = collectRelays(env['MCP_NOSTR_RELAYS'] ?? '');
  return relays.length === 0 ? undefined : relays;
}

/**
 * What a client is told of relays. Where the address names its own, `--relay` stands in for them; for a bare key it
 * says where that key's relay list is looked up, before `MCP_NOSTR_RELAYS`.
 */
export function clientRelays(
  address: Address,
  given: string[] | undefined,
): { relays?: string[] | undefined; lookupRelays?: string[] | undefined } {
  if (address.relays.length > 0) return { relays: given };
  return { lookupRelays: given ?? relaysFromEnvironment() };
}
