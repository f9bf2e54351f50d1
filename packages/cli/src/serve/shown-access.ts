import { formatNpub } from '@mcp-nostr/core';
import type { AccessBook } from '@mcp-nostr/server';

import { shortNpub } from '../terminal.ts';
import type { AccessSettings } from './access.ts';

/** Who may call one server, in numbers. */
export interface ShownAccess extends AccessSettings {
  /** Keys that the access file allows. */
  keys: number;
  denied: number;
  /** Invites that are open. */
  invites: number;
}

export function countAccess(settings: AccessSettings, book: AccessBook, nowSeconds: number): ShownAccess {
  return {
    ...settings,
    keys: book.current(nowSeconds).length,
    denied: book.denied.length,
    invites: book.openInvites(nowSeconds).length,
  };
}

/** `private: 2 keys may call, 1 invite is open` */
export function describeAccess({ isPublic, forThisRun, keys, denied, invites }: ShownAccess): string {
  const open = invites === 0 ? [] : [invites === 1 ? '1 invite is open' : `${invites} invites are open`];
  const shut = denied === 0 ? [] : [`${count(denied)} denied`];
  if (isPublic) {
    const own = keys === 0 ? [] : [`${count(keys)} known`];
    return ['public: whoever has the address may call', ...own, ...shut, ...open].join(', ');
  }
  if (keys + forThisRun.length === 0) return ['private: nobody may call yet', ...shut, ...open].join(', ');
  const run = describeRun(forThisRun);
  const known = keys === 0 ? [] : [`${count(keys)} may call`];
  return `private: ${[...run, ...known, ...shut, ...open].join(', ')}`;
}

/** What holds for each of several servers. */
export function describeSettings({ isPublic, forThisRun }: AccessSettings): string {
  if (isPublic) return 'public: whoever has the address may call';
  return `private: ${[...describeRun(forThisRun), 'whom mcp-nostr access --server NAME lists'].join(', ')}`;
}

/** Enough of them to tell whether it is the right list. */
function describeRun(keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const shown = keys.slice(0, 5).map((pubkey) => shortNpub(formatNpub(pubkey)));
  const more = keys.length > shown.length ? ` and ${keys.length - shown.length} more` : '';
  return [`${shown.join(' ')}${more} for this run`];
}

function count(keys: number): string {
  return keys === 1 ? '1 key' : `${keys} keys`;
}
