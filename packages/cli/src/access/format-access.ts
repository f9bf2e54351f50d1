import { formatNpub } from '@mcp-nostr/core';
import type { AllowedKey, DeniedKey, Invite } from '@mcp-nostr/server';

import { oneLine, type Paint } from '../terminal.ts';
import { isoTime } from './access-document.ts';
import { shownRules } from './shown-rules.ts';

export interface AccessLists {
  allowed: readonly AllowedKey[];
  denied: readonly DeniedKey[];
  invites: readonly Invite[];
}

/** One line each: who, and what holds for them. */
export function formatAccess({ allowed, denied, invites }: AccessLists, paint: Paint): string {
  const line = (mark: string, what: string, name: string | undefined, details: readonly string[]): string => {
    const called = name === undefined ? '' : `  ${paint('bold', oneLine(name, 100))}`;
    return `  ${mark} ${what}${called}  ${paint('dim', oneLine(details.join(' · '), 500))}\n`;
  };
  const lines = [
    ...allowed.map((entry) => line(paint('green', '✓'), formatNpub(entry.pubkey), entry.name, ofKey(entry))),
    ...denied.map(({ pubkey, name, addedAt }) =>
      line(paint('red', '✗'), formatNpub(pubkey), name, [`denied since ${day(addedAt)}`]),
    ),
    ...invites.map((invite) =>
      line(paint('yellow', '?'), `invite ${invite.id}`, invite.name, ofInvite(invite)),
    ),
  ];
  return lines.join('');
}

function ofKey(entry: AllowedKey): string[] {
  const { addedAt, via, expiresAt } = entry;
  return [
    shownRules(entry),
    `since ${day(addedAt)}`,
    ...(via === undefined ? [] : [`by invite ${via}`]),
    ...(expiresAt === undefined ? [] : [`until ${isoTime(expiresAt)}`]),
  ];
}

function ofInvite({ rules, uses, redeemedBy, expiresAt }: Invite): string[] {
  return [
    shownRules(rules),
    `${uses - redeemedBy.length} of ${uses} ${uses === 1 ? 'use' : 'uses'} left`,
    `until ${isoTime(expiresAt)}`,
  ];
}

function day(seconds: number): string {
  return isoTime(seconds).slice(0, 10);
}
