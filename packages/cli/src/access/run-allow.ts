import { formatNpub } from '@mcp-nostr/core';
import type { AccessBook, AllowedKey } from '@mcp-nostr/server';

import { usageError } from '../errors.ts';
import { oneLine, paintFor } from '../terminal.ts';
import { readAccessFile, updateAccessFile } from './access-file.ts';
import { type CallerKey, callerKey } from './caller-key.ts';
import { allowedDocument } from './access-document.ts';
import { type RuleOptions, rulesFrom } from './rule-options.ts';
import { shownRules } from './shown-rules.ts';
import { knownServer, whichServer } from './which-server.ts';
import type { WhichServerOptions } from './which-server-options.ts';

export interface AllowCommandOptions extends RuleOptions, WhichServerOptions {
  name?: string;
  /** Seconds. */
  expires?: number;
  json?: boolean;
}

export interface DenyOptions extends WhichServerOptions {
  forget?: boolean;
  json?: boolean;
}

export async function runAllow(who: readonly string[], options: AllowCommandOptions): Promise<void> {
  if (options.name !== undefined && who.length > 1)
    throw usageError('--name is for one key', 'allow them one after the other');
  const keys = await Promise.all(who.map(callerKey));
  const server = await whichServer(options);
  const now = nowSeconds();
  const expiresAt = options.expires === undefined ? undefined : now + options.expires;
  const allowed = await updateAccessFile(server.file, (book) =>
    keys.map(({ pubkey, name }) => {
      const known = options.name ?? name ?? nameOf(book, pubkey);
      return book.allow(pubkey, { ...rulesFrom(options), name: known, expiresAt }, now);
    }),
  );
  if (options.json === true) return printJson({ server: server.npub, allowed: allowed.map(allowedDocument) });
  const paint = paintFor(process.stderr);
  for (const entry of allowed) say(`  ${paint('green', '✓')} ${shownEntry(entry)}`);
  say(`  ${paint('dim', `may call ${server.npub}, also while it runs`)}`);
}

export async function runDeny(who: readonly string[], options: DenyOptions): Promise<void> {
  const server = await knownServer(options);
  const now = nowSeconds();
  const isForgotten = options.forget === true;
  // What a domain says is asked for before the file is locked.
  const named = readAccessFile(server.file);
  const keys = await Promise.all(who.map(async (text) => keyNamed(named, text) ?? callerKey(text)));
  const changed = await updateAccessFile(server.file, (book) =>
    keys.filter(({ pubkey, name }) => {
      if (isForgotten) return book.remove(pubkey);
      book.deny(pubkey, { name: name ?? nameOf(book, pubkey) }, now);
      return true;
    }),
  );
  const npubs = changed.map(({ npub }) => npub);
  if (options.json === true)
    return printJson({ server: server.npub, [isForgotten ? 'forgotten' : 'denied']: npubs });
  for (const npub of npubs)
    say(`  ✗ ${npub} ${isForgotten ? 'is a stranger again' : 'may not call any more'}`);
  if (npubs.length === 0) say('  nothing was said of it before');
  say(`  ${paintFor(process.stderr)('dim', `at ${server.npub}, also while it runs`)}`);
}

/** What its operator has called it, also when it was denied. */
function nameOf({ allowed, denied }: AccessBook, pubkey: string): string | undefined {
  return [...allowed, ...denied].find((entry) => entry.pubkey === pubkey)?.name;
}

/** As its operator calls it. @throws {CliError} where two are called so */
function keyNamed(book: AccessBook, text: string): CallerKey | undefined {
  const found = [...book.allowed, ...book.denied].filter(({ name }) => name === text);
  const [entry] = found;
  if (entry === undefined) return undefined;
  if (found.length > 1)
    throw usageError(
      `${found.length} keys are called ${oneLine(text, 100)}`,
      `give the one that is meant: ${found.map(({ pubkey }) => formatNpub(pubkey)).join(', ')}`,
    );
  return { pubkey: entry.pubkey, npub: formatNpub(entry.pubkey), name: text };
}

function shownEntry(entry: AllowedKey): string {
  const { pubkey, name, expiresAt } = entry;
  const until = expiresAt === undefined ? '' : `; until ${new Date(expiresAt * 1_000).toISOString()}`;
  const known = name === undefined ? '' : `  ${oneLine(name, 100)}`;
  return `${formatNpub(pubkey)}${known}  ${shownRules(entry)}${until}`;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function printJson(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}
