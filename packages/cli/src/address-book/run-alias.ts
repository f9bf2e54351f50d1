import { formatNpub, parseAddress } from '@mcp-nostr/core';

import { CliError, exitCodes, usageError } from '../errors.ts';
import { oneLine, paintFor } from '../terminal.ts';
import { type KnownServer, pinned } from './address-book.ts';
import { readBook, updateBook } from './book-file.ts';
import { formatServers, serverDocument } from './format-servers.ts';
import { isName } from './names.ts';
import { checkNewName } from './new-name.ts';
import { lookUpNip05, parseNip05, shownNip05 } from './nip05.ts';
import { resolveAddress } from './resolve-address.ts';

export interface AliasOptions {
  json?: boolean;
}

export async function runList(options: AliasOptions): Promise<void> {
  const servers = [...readBook()].sort(([a], [b]) => a.localeCompare(b));
  if (options.json === true)
    return printJson({ servers: servers.map(([name, server]) => serverDocument(name, server)) });
  process.stdout.write(formatServers(servers, paintFor(process.stdout)));
  if (servers.length === 0) say('no server has a name yet: mcp-nostr alias add <name> <address>');
}

export async function runAdd(name: string, addressText: string, options: AliasOptions): Promise<void> {
  checkNewName(name);
  const { pubkey, relays, nip05, key } = await resolveAddress(addressText);
  const server: KnownServer = { pubkey, relays, nip05, key, seenAt: Math.floor(Date.now() / 1_000) };
  await updateBook((servers) => {
    const former = servers.get(name);
    if (former !== undefined && former.pubkey !== pubkey) throw isTaken(name, former);
    servers.set(name, { ...former, ...server });
  });
  report(name, server, options);
}

export async function runRemove(name: string, options: AliasOptions): Promise<void> {
  const known = knownAs(name);
  let removed: KnownServer | undefined;
  await updateBook((servers) => {
    removed = servers.get(known);
    if (removed === undefined) throw notKnown(name);
    servers.delete(known);
  });
  if (options.json === true) printJson({ removed: known });
  else say(`${shownNip05(known)} is forgotten`);
}

/** The one way in which the key behind a name is exchanged because a domain says so. */
export async function runAccept(
  name: string,
  npub: string | undefined,
  options: AliasOptions,
): Promise<void> {
  const known = knownAs(name);
  const wanted = npub === undefined ? undefined : parseAddress(npub).pubkey;
  const book = readBook();
  const former = isName(known) ? book.get(known) : pinned(book, known);
  if (former === undefined) throw notKnown(name);
  const { nip05 } = former;
  if (nip05 === undefined)
    throw usageError(
      `${name} was given its key by you, and no domain can change it`,
      `mcp-nostr alias rm ${name}, and then mcp-nostr alias add ${name} <address>`,
    );
  const found = await lookUpNip05(nip05);
  if (wanted !== undefined && wanted !== found.pubkey)
    throw new CliError(
      'pin_mismatch',
      exitCodes.verificationFailed,
      `${shownNip05(nip05)} now names ${formatNpub(found.pubkey)}, and not ${formatNpub(wanted)}`,
      { hint: 'nothing was changed; ask its owner which of the two it is' },
    );
  const seenAt = Math.floor(Date.now() / 1_000);
  await updateBook((servers) => {
    for (const [each, server] of servers)
      if (server.nip05 === nip05 && server.pubkey !== found.pubkey)
        // The other key has been told nothing of us, and what was known of the old one says nothing of it.
        servers.set(each, { ...found, nip05, key: server.key, seenAt });
  });
  report(name, { ...found, nip05, seenAt }, options);
}

/** A name as the book has it. */
function knownAs(name: string): string {
  return isName(name) ? name : (parseNip05(name) ?? name);
}

function isTaken(name: string, { pubkey }: KnownServer): CliError {
  return usageError(
    `${name} is ${formatNpub(pubkey)} already`,
    `take another name, or forget that one first: mcp-nostr alias rm ${name}`,
  );
}

function notKnown(name: string): CliError {
  return usageError(
    `no server is called ${JSON.stringify(oneLine(name, 80))}`,
    'mcp-nostr alias list shows the names',
  );
}

function report(name: string, server: KnownServer, { json }: AliasOptions): void {
  if (json === true) return printJson(serverDocument(name, server));
  const whose = server.nip05 === undefined ? '' : `, ${shownNip05(server.nip05)} ✓`;
  say(`${name} is ${formatNpub(server.pubkey)}${whose}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function printJson(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}
