import { formatAddress, formatNpub } from '@mcp-nostr/core';

import { oneLine, type Paint } from '../terminal.ts';
import type { KnownServer } from './address-book.ts';
import { isName } from './names.ts';
import { shownNip05 } from './nip05.ts';

/** A server of the book as `--json` prints it. */
export function serverDocument(name: string, server: KnownServer): object {
  const { pubkey, relays, nip05, key, pairedAt, seenAt } = server;
  return {
    name: shownNip05(name),
    npub: formatNpub(pubkey),
    address: relays.length === 0 ? formatNpub(pubkey) : formatAddress({ pubkey, relays: [...relays] }),
    ...(nip05 === undefined ? {} : { nip05: shownNip05(nip05) }),
    ...(key === undefined ? {} : { key }),
    ...(pairedAt === undefined ? {} : { pairedAt: isoTime(pairedAt) }),
    seenAt: isoTime(seenAt),
  };
}

/** One line each: the name, the key, and what else is known. */
export function formatServers(servers: readonly (readonly [string, KnownServer])[], paint: Paint): string {
  const width = Math.max(0, ...servers.map(([name]) => shownNip05(name).length));
  return servers
    .map(([name, server]) => {
      const known = [
        server.nip05 === undefined || !isName(name) ? [] : [shownNip05(server.nip05)],
        server.key === undefined ? [] : [`key ${server.key}`],
        server.pairedAt === undefined ? [] : [`paired ${day(server.pairedAt)}`],
        server.pairedAt === undefined ? [`since ${day(server.seenAt)}`] : [],
      ].flat();
      const shown = paint('bold', shownNip05(name).padEnd(width));
      return `  ${shown}  ${formatNpub(server.pubkey)}  ${paint('dim', oneLine(known.join(' · '), 200))}\n`;
    })
    .join('');
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

function day(seconds: number): string {
  return isoTime(seconds).slice(0, 10);
}
