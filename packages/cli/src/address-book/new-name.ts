import { formatNpub } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';
import { hosts } from '../install/hosts.ts';
import { oneLine } from '../terminal.ts';
import { limits } from './limits.ts';
import { isName } from './names.ts';

/** @throws {CliError} `usage` for what no server can be called from now on */
export function checkNewName(text: string): void {
  if (isReserved(text))
    throw usageError(`${text} is a host for doctor and install`, 'give the server another name');
  if (isName(text)) return;
  throw usageError(
    `${JSON.stringify(oneLine(text, 80))} cannot be the name of a server`,
    `a name has small letters, digits and hyphens, begins with a letter, and has ${limits.maxNameLength} characters at most`,
  );
}

/** `doctor` takes both. */
function isReserved(name: string): boolean {
  return hosts.some(({ id }) => id === name);
}

/**
 * A name for a server by what it calls itself, which no other server has yet: `Weather (EU)` becomes `weather-eu`, or
 * `weather-eu-2`.
 */
export function freeName(
  ownName: string | undefined,
  pubkey: string,
  taken: { has(name: string): boolean },
): string {
  const words = (ownName ?? '').split('/').at(-1) ?? '';
  const base = words
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '-')
    .replace(/^[\d-]+/, '')
    .slice(0, limits.maxNameLength)
    .replace(/-+$/, '');
  const name = isName(base) && !isReserved(base) ? base : `server-${formatNpub(pubkey).slice(-4)}`;
  for (let count = 1; ; count++) {
    const ending = count === 1 ? '' : `-${count}`;
    const candidate = `${name.slice(0, limits.maxNameLength - ending.length)}${ending}`;
    if (!taken.has(candidate)) return candidate;
  }
}
