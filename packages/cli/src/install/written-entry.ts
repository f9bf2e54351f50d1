import { homedir } from 'node:os';
import { resolve } from 'node:path';

import { type Address, formatAddress, formatNpub, parseAddress } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';
import { keysFolder } from '../keys/key-folder.ts';
import { refuseKeyItself } from '../keys/key-name.ts';
import { findKeySource } from '../keys/key-source.ts';
import type { OwnCommand } from '../own-command.ts';
import { relaysFromEnvironment } from '../relay-options.ts';
import type { HostEntry } from './own-entry.ts';

/** More hints make an address long and no safer. */
const MAX_HINTS = 3;

export interface EntryOptions {
  relay?: string[] | undefined;
  key?: string | undefined;
  /** Further options of `connect`, as they are. */
  more: readonly string[];
}

/** The words behind our program: they hold no secret, and nothing that depends on where and by whom it is started. */
export function connectArgs(
  addressText: string,
  { relay, key, more }: EntryOptions,
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const address = parseAddress(addressText);
  refuseOthers(more);
  // A host has no MCP_NOSTR_RELAYS, in which connect would look up a bare key.
  const relays = relay ?? (address.relays.length === 0 ? relaysFromEnvironment(env) : undefined) ?? [];
  const hostKey = keyForHost(key, env);
  return [
    'connect',
    shortAddress(address),
    ...relays.flatMap((url) => ['--relay', url]),
    ...(hostKey === undefined ? [] : ['--key', hostKey]),
    ...more,
  ];
}

/**
 * Whether {@link connectArgs} takes them for any address.
 * @throws {CliError}
 */
export function checkEntryOptions(
  { key, more }: Pick<EntryOptions, 'key' | 'more'>,
  env: NodeJS.ProcessEnv = process.env,
): void {
  refuseOthers(more);
  keyForHost(key, env);
}

/** What stands behind `--`: options of connect, and no key. */
function refuseOthers(more: readonly string[]): void {
  const [first] = more;
  if (first !== undefined && !first.startsWith('-'))
    throw usageError(`"${first}" is no option of connect`, 'mcp-nostr install <address> --client <host>');
  // One in a file of a host would be there for every program of this machine to read.
  for (const word of more) refuseKeyItself(word.replace(/^--key=/, ''));
}

/** As somebody else has to write it. */
export function shortAddress({ pubkey, relays }: Address): string {
  return relays.length === 0
    ? formatNpub(pubkey)
    : formatAddress({ pubkey, relays: relays.slice(0, MAX_HINTS) });
}

/**
 * What a host has to be told so that it uses the key that this shell would: the name of a stored one, else the path. Nothing
 * where it finds it by itself; it is started from a desktop and has nothing of this shell's environment.
 */
function keyForHost(given: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const source = findKeySource({ given, role: 'client', env });
  if (source.kind === 'text')
    throw usageError(
      `the key is in ${source.shown}, which a host does not have`,
      'keep it: mcp-nostr key import <name>, and install with --key <name>',
    );
  const isMoved = keysFolder(env) !== keysFolder({});
  if (source.isOwn === true && !isMoved) return undefined;
  return source.name === undefined || isMoved ? resolve(source.path) : source.name;
}

/** What a host with a window has in its environment when it is started from the desktop. */
export function desktopEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  if (process.platform === 'win32') {
    // There the user's whole environment reaches every program.
    return Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
  }
  const kept = ['USER', 'LOGNAME', 'LANG', 'TMPDIR'].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), HOME: homedir(), PATH: '/usr/bin:/bin:/usr/sbin:/sbin' };
}

export function hostEntry(own: OwnCommand, args: readonly string[], typed: boolean): HostEntry {
  const entry = { command: own.command, args: [...own.args, ...args] };
  return typed ? { type: 'stdio', ...entry } : entry;
}
