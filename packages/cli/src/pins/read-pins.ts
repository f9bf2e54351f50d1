import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';

import { isHex32 } from '@mcp-nostr/core';

import { resolveAddress } from '../address-book/resolve-address.ts';
import { usageError } from '../errors.ts';
import { errorCode } from '../file-error.ts';
import { PinFile, pinsFolder, pinsPath } from './pin-file.ts';
import type { Pin, ServerPins } from './pins.ts';
import { shownName } from './shown-name.ts';

/** What is known of one server. */
export interface KnownServer extends ServerPins {
  /** Hex. */
  readonly pubkey: string;
}

/** How something is: `new` was never accepted. */
export type PinState = 'unchanged' | 'changed' | 'new';

export function stateOf({ pinned, offered }: Pin): PinState {
  if (offered === undefined) return 'unchanged';
  return pinned === undefined ? 'new' : 'changed';
}

function readPins(pubkey: string): ServerPins {
  return new PinFile(pinsPath(pubkey), () => undefined).current;
}

/** @throws {CliError} for a file that cannot be read */
export async function allPins(): Promise<KnownServer[]> {
  const names = await readdir(pinsFolder()).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const pubkeys = names.map((name) => basename(name, '.json')).filter(isHex32);
  return pubkeys.sort().map((pubkey) => ({ pubkey, ...readPins(pubkey) }));
}

/** @throws {CliError} `usage` for tools of which nothing is known */
export async function pinsOf(address: string, tools: readonly string[]): Promise<KnownServer> {
  const { pubkey } = await resolveAddress(address, { verify: 'later' });
  const pins = readPins(pubkey);
  const isAll = tools.length === 0;
  return { ...pins, pubkey, instructions: isAll ? pins.instructions : {}, tools: only(pins, tools) };
}

/** Those of these names, or all. */
function only(pins: ServerPins, names: readonly string[]): Map<string, Pin> {
  if (names.length === 0) return pins.tools;
  const named = names.map((name) => [name, pins.tools.get(name) ?? unknown(name)] as const);
  return new Map(named);
}

function unknown(name: string): never {
  throw usageError(`no tool ${shownName(name)} of this server was seen yet`, 'mcp-nostr pins show <address>');
}
