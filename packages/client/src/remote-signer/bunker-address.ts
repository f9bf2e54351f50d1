import { AddressError, isHex32, parseRelayUrl } from '@mcp-nostr/core';

import { limits } from './limits.ts';

/** What a `bunker://` address says: the remote signer's own key, where it listens, and the word that lets us in. */
export interface BunkerAddress {
  /** Of the signer, which need not be the key that it signs with. 64 lower-case hex characters. */
  remote: string;
  relays: string[];
  /** Works once. */
  secret: string | undefined;
}

/**
 * Reads `bunker://<pubkey>?relay=…&secret=…` (NIP-46).
 * @throws {AddressError} `bad_address`; the message does not repeat the text, which holds a secret
 */
export function parseBunkerAddress(text: string): BunkerAddress {
  const given = text.trim();
  const rest = /^bunker:\/\/([^?/#]*)\/?(?:\?([^#]*))?$/i.exec(given);
  if (given.length > limits.maxUriLength || rest === null)
    throw bad('it has the form bunker://<64 hex characters>?relay=wss://…');
  const remote = (rest[1] ?? '').toLowerCase();
  if (!isHex32(remote)) throw bad('the key after bunker:// is not 64 hex characters');
  const query = new URLSearchParams(rest[2] ?? '');
  const relays = usableRelays(query.getAll('relay'));
  if (relays.length === 0) throw bad('it names no relay');
  return { remote, relays, secret: query.get('secret') || undefined };
}

/** Those of them that are relays' URLs, each once; one that is not does not spoil the others. */
export function usableRelays(urls: readonly string[]): string[] {
  const relays = urls.flatMap((url) => {
    try {
      return [parseRelayUrl(url)];
    } catch {
      return [];
    }
  });
  return [...new Set(relays)].slice(0, limits.maxRelays);
}

function bad(reason: string): AddressError {
  return new AddressError('bad_address', `not the address of a remote signer: ${reason}`);
}
