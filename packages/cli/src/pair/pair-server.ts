import { resolve } from 'node:path';

import { formatNpub } from '@mcp-nostr/core';

import type { KnownServer } from '../address-book/address-book.ts';
import { parseAddressLink } from '../address-book/address-link.ts';
import { readBook, updateBook } from '../address-book/book-file.ts';
import { isName } from '../address-book/names.ts';
import { checkNewName, freeName } from '../address-book/new-name.ts';
import { resolveAddress } from '../address-book/resolve-address.ts';
import { usageError } from '../errors.ts';
import { openSigner } from '../keys/open-signer.ts';
import { followOnce } from '../successors/follow-once.ts';
import { redeemInvite } from './redeem-invite.ts';

export interface PairingOptions {
  /** What the server is to be called. */
  name?: string | undefined;
  /** `--key` */
  key?: string | undefined;
  /** `--relay` */
  relay?: string[] | undefined;
  timeoutMs: number;
  signal: AbortSignal;
}

/** A server that knows us from now on. */
export interface Paired {
  name: string;
  server: KnownServer;
  /** Our own key, hex. */
  pubkey: string;
  /** What it calls itself; undefined when it did not say. */
  shownName: string | undefined;
  tools: number | undefined;
  /** It was paired with before. */
  wasPaired: boolean;
}

/**
 * Redeems the invite of a link, and keeps the server under a name, with the key by which it knows us and without the
 * invite.
 * @throws {CliError} @throws {Error} why the server does not let us in
 */
export async function pairServer(link: string, options: PairingOptions): Promise<Paired> {
  const { address, invite } = parseAddressLink(link);
  // A server that has another key has let us in under the former one: the invite counts for both.
  return followOnce(address, () => pairOnce(address, invite, options));
}

async function pairOnce(
  address: string,
  invite: string | undefined,
  options: PairingOptions,
): Promise<Paired> {
  if (invite === undefined)
    throw usageError(
      'there is no invite in that link',
      'ask for one that has: mcp-nostr invite; for a public server: mcp-nostr alias add <name> <address>',
    );
  const found = await resolveAddress(address);
  // What can be wrong here comes before the invite is used up.
  if (options.name !== undefined) checkNewName(options.name);
  checkName(readBook(), options.name, found.pubkey);
  const { relay, timeoutMs, signal } = options;
  const key = await openSigner({ given: options.key, role: 'client' });
  try {
    const { pubkey } = key;
    const known = await redeemInvite({ server: found, relays: relay, invite, key, timeoutMs, signal });
    const pairedAt = Math.floor(Date.now() / 1_000);
    const server = {
      pubkey: found.pubkey,
      relays: relay ?? found.relays,
      nip05: found.nip05,
      key: key.name ?? (options.key === undefined ? undefined : resolve(options.key)),
      pairedAt,
      seenAt: pairedAt,
    };
    const kept = await keep(server, options.name, known?.ownName);
    return { ...kept, pubkey, shownName: known?.name, tools: known?.tools };
  } finally {
    await key.close();
  }
}

/** Under the name that was said, that it has already, or that it gives itself. */
async function keep(
  server: KnownServer,
  givenName: string | undefined,
  ownName: string | undefined,
): Promise<Pick<Paired, 'name' | 'server' | 'wasPaired'>> {
  let kept = { name: '', server, wasPaired: false };
  await updateBook((servers) => {
    checkName(servers, givenName, server.pubkey);
    const name = givenName ?? nameOf(servers, server.pubkey) ?? freeName(ownName, server.pubkey, servers);
    const former = servers.get(name);
    const { nip05, seenAt } = { ...server, ...former };
    kept = {
      name,
      server: { ...server, nip05: server.nip05 ?? nip05, seenAt },
      wasPaired: former?.pairedAt !== undefined,
    };
    servers.set(name, kept.server);
  });
  return kept;
}

/** @throws {CliError} `usage` when the name is that of another server */
function checkName(
  servers: ReadonlyMap<string, KnownServer>,
  name: string | undefined,
  pubkey: string,
): void {
  const former = name === undefined ? undefined : servers.get(name);
  if (former === undefined || former.pubkey === pubkey) return;
  throw usageError(
    `${name} is another server, ${formatNpub(former.pubkey)}`,
    'say with --name what this one is to be called',
  );
}

/** As it is called already. */
function nameOf(servers: ReadonlyMap<string, KnownServer>, pubkey: string): string | undefined {
  return [...servers].find(([name, server]) => server.pubkey === pubkey && isName(name))?.[0];
}
