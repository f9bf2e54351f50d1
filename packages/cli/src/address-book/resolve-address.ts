import { formatAddress, formatNpub, parseAddress } from '@mcp-nostr/core';

import type { Log } from '../client-transport.ts';
import { CliError, describeError, exitCodes } from '../errors.ts';
import { followed } from '../successors/successor-file.ts';
import { type KnownServer, pinned } from './address-book.ts';
import { withoutInvite } from './address-link.ts';
import { readBook, updateBook } from './book-file.ts';
import { isName, unknownName } from './names.ts';
import { lookUpNip05, type NamedKey, parseNip05, shownNip05 } from './nip05.ts';

/** Where an address, a name or a `name@domain` leads. */
export interface ResolvedServer {
  /** What the transport takes. */
  address: string;
  pubkey: string;
  relays: string[];
  /** As it is called here. */
  name?: string | undefined;
  /** As a domain calls it. */
  nip05?: string | undefined;
  /** What `--key` takes: which of our keys the server knows us by. */
  key?: string | undefined;
  /** Said by the domain just now, and not only once. */
  isVerified?: boolean;
}

export interface ResolveOptions {
  /**
   * `later` takes the key that was seen first behind a name without asking anybody, where there is one: for who cannot
   * wait, and calls {@link verify} afterwards.
   * @default 'now'
   */
  verify?: 'now' | 'later';
  /** What a person should know. @default a line on stderr */
  onnotice?: Log;
}

/**
 * Understands whatever names a server: nprofile, npub, hex, each with `nostr:` or behind a URL's `#`; a name of the
 * address book; `name@domain` and `domain` (NIP-05).
 * @throws {AddressError} @throws {CliError} `pin_mismatch` when a name leads to another key than before
 */
export async function resolveAddress(text: string, options: ResolveOptions = {}): Promise<ResolvedServer> {
  const given = withoutInvite(text).replace(/^0x(?=[\da-f]{64}$)/i, '');
  const { verify: when = 'now', onnotice = printNotice } = options;
  const isNamed = isName(given);
  const nip05 = isNamed ? undefined : parseNip05(given);
  if (!isNamed && nip05 === undefined) return atItsKey({ address: given, ...parseAddress(given) });
  const book = readBook();
  const server = isNamed ? book.get(given) : pinned(book, nip05 ?? '');
  const named = isNamed ? { name: given } : {};
  if (server === undefined) {
    if (nip05 === undefined) throw unknownName(given);
    const found = await lookUpNip05(nip05);
    const first = resolved({ ...(await pin(nip05, found)), nip05 });
    if (first.pubkey !== found.pubkey) throw mismatch(first, nip05, found.pubkey);
    return atItsKey({ ...first, isVerified: true });
  }
  const known = atItsKey({ ...resolved(server), ...named });
  if (when === 'later' || known.nip05 === undefined) return known;
  return verify(known, onnotice);
}

/**
 * Asks the domain of a server whether its key is still the same. Where it cannot be asked the key that is known stays.
 * @throws {CliError} `pin_mismatch`
 */
export async function verify(server: ResolvedServer, onnotice: Log = printNotice): Promise<ResolvedServer> {
  const { nip05, pubkey } = server;
  if (nip05 === undefined) return server;
  let found: NamedKey;
  try {
    found = await lookUpNip05(nip05);
  } catch (error) {
    onnotice(`${describeError(error).message}; the key that it had before is used: ${formatNpub(pubkey)}`);
    return server;
  }
  if (found.pubkey !== pubkey) {
    // A domain may still name the key that the server had before.
    if (followed(found).pubkey === pubkey) return server;
    throw mismatch(server, nip05, found.pubkey);
  }
  if (found.relays.length === 0) return { ...server, isVerified: true };
  await moveRelays(nip05, found);
  return { ...server, ...found, address: formatAddress(found), isVerified: true };
}

/** A person may have agreed that a server has another key since: no domain has said that. */
function atItsKey(server: ResolvedServer): ResolvedServer {
  const { pubkey, relays } = followed(server);
  if (pubkey === server.pubkey) return server;
  return { ...server, ...resolved({ ...server, pubkey, relays }), isVerified: false };
}

/** Keeps the key that is behind a name now, unless another process was faster: returns the one that is kept. */
async function pin(nip05: string, { pubkey, relays }: NamedKey): Promise<KnownServer> {
  let first: KnownServer = { pubkey, relays, nip05, seenAt: Math.floor(Date.now() / 1_000) };
  await updateBook((servers) => {
    first = servers.get(nip05) ?? first;
    servers.set(nip05, first);
  });
  return first;
}

async function moveRelays(nip05: string, { pubkey, relays }: NamedKey): Promise<void> {
  await updateBook((servers) => {
    for (const [name, server] of servers)
      if (server.nip05 === nip05 && server.pubkey === pubkey) servers.set(name, { ...server, relays });
  });
}

function resolved({ pubkey, relays, nip05, key }: Omit<KnownServer, 'seenAt'>): ResolvedServer {
  const address = relays.length === 0 ? formatNpub(pubkey) : formatAddress({ pubkey, relays: [...relays] });
  return { address, pubkey, relays: [...relays], nip05, key };
}

function mismatch({ name, pubkey }: ResolvedServer, nip05: string, found: string): CliError {
  const shown = shownNip05(nip05);
  return new CliError(
    'pin_mismatch',
    exitCodes.verificationFailed,
    `${shown} had the key ${formatNpub(pubkey)} before, and now names ${formatNpub(found)}`,
    {
      hint: `ask its owner whether the key has changed; to follow it: mcp-nostr alias accept ${name ?? shown} ${formatNpub(found)}`,
    },
  );
}

function printNotice(line: string): void {
  process.stderr.write(`mcp-nostr: ${line}\n`);
}
