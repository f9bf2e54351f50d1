import { formatNpub } from '@mcp-nostr/core';

import { shownNip05 } from '../address-book/nip05.ts';
import { type Paint, shortNpub } from '../terminal.ts';
import type { Paired } from './pair-server.ts';

/** Who is paired with whom. */
export function formatPaired(
  { name, server, pubkey, shownName, tools, wasPaired }: Paired,
  paint: Paint,
): string {
  const whose = server.nip05 === undefined ? '' : `, ${shownNip05(server.nip05)} ✓`;
  const count = tools === undefined ? [] : [`${tools} ${tools === 1 ? 'tool' : 'tools'}`];
  const details = [
    shownName ?? 'its program does not answer now',
    ...count,
    `knows you as ${shortNpub(formatNpub(pubkey))}`,
  ].join(' · ');
  const done = wasPaired ? 'is paired already' : 'is paired';
  return `${paint('green', '✓')} ${paint('bold', name)} ${done}: ${formatNpub(server.pubkey)}${whose}\n  ${details}\n`;
}
