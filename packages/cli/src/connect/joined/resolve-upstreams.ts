import { formatNpub } from '@mcp-nostr/core';

import { shownNip05 } from '../../address-book/nip05.ts';
import { resolveAddress, type ResolvedServer } from '../../address-book/resolve-address.ts';
import { usageError } from '../../errors.ts';
import { shortNpub } from '../../terminal.ts';
import type { UpstreamWord } from './upstream-words.ts';

/** One server of several, and where it is. */
export interface Upstream extends UpstreamWord {
  readonly server: ResolvedServer;
}

/** A host waits for its first answer: where a name's key is known no domain is asked before it. */
export async function resolveUpstreams(words: readonly UpstreamWord[]): Promise<Upstream[]> {
  const upstreams = await Promise.all(
    words.map(async (word) => ({ ...word, server: await resolveAddress(word.address, { verify: 'later' }) })),
  );
  for (const [index, { address, server }] of upstreams.entries())
    if (upstreams.slice(0, index).some((earlier) => earlier.server.pubkey === server.pubkey))
      throw usageError(
        `${address} is another name of a server that is given already`,
        'give each server once',
      );
  return upstreams;
}

/** The key by which the servers know us; undefined, and the usual one, where none was paired with. */
export function keyOf(upstreams: readonly Upstream[]): string | undefined {
  const paired = upstreams.filter(({ server }) => server.key !== undefined);
  const keys = new Set(paired.map(({ server }) => server.key));
  const [only] = keys;
  if (keys.size <= 1) return only;
  const known = paired.map(({ address, server }) => `${address} by ${server.key}`);
  throw usageError(
    `these servers know us by different keys: ${known.join(', ')}`,
    'say which with --key, or make several entries in the configuration of the host',
  );
}

/** `weather (npub1…)`; what only a domain says stands behind it. */
export function shownServer({ name, nip05, pubkey, isVerified }: ResolvedServer): string {
  const npub = shortNpub(formatNpub(pubkey));
  const called = name ?? (nip05 === undefined ? undefined : shownNip05(nip05));
  return called === undefined ? npub : `${called} (${npub}${isVerified === true ? ' ✓' : ''})`;
}
