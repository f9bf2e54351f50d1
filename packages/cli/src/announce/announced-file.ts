import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { isRecord, parseRelayUrl, PROFILE_KIND, RELAY_LIST_KIND } from '@mcp-nostr/core';
import { announcementKinds } from '@mcp-nostr/core/contextvm';
import type { AnnounceOptions } from '@mcp-nostr/server';

import { ourFolder } from '../folders.ts';
import { textOf, updateFile } from '../locked-file.ts';

/** What a server has announced and where, since that was taken back last: who takes it back need not know. */
export interface KeptAnnouncement {
  relays: string[];
  kinds: number[];
}

/** More were never asked at once. */
const MAX_RELAYS = 32;

/** The kinds that these options have published. */
export function announcedKinds({
  relayList,
  profile,
}: Pick<AnnounceOptions, 'relayList' | 'profile'>): number[] {
  return [
    ...announcementKinds,
    ...(relayList === true ? [RELAY_LIST_KIND] : []),
    ...(profile === undefined || profile === false ? [] : [PROFILE_KIND]),
  ];
}

/** In addition to what is kept already. */
export async function keepAnnounced(pubkey: string, { relays, kinds }: KeptAnnouncement): Promise<void> {
  await updateFile(pathOf(pubkey), (text) => {
    const former = parse(text);
    const kept: KeptAnnouncement = {
      relays: [...new Set([...relays, ...former.relays])].slice(0, MAX_RELAYS),
      kinds: [...new Set([...kinds, ...former.kinds])],
    };
    return `${JSON.stringify(kept)}\n`;
  });
}

/** Empty where nothing was announced from here. */
export function readAnnounced(pubkey: string): KeptAnnouncement {
  return parse(textOf(pathOf(pubkey)));
}

/** From now on it is announced on these relays alone. */
export async function setAnnounced(pubkey: string, relays: string[]): Promise<void> {
  const path = pathOf(pubkey);
  if (relays.length === 0) await rm(path, { force: true });
  else await updateFile(path, (text) => `${JSON.stringify({ ...parse(text), relays })}\n`);
}

function pathOf(pubkey: string): string {
  return join(ourFolder('state'), 'served', `${pubkey}.announced`);
}

/** What cannot be read says nothing: relays can be named. */
function parse(text: string | undefined): KeptAnnouncement {
  try {
    const value: unknown = JSON.parse(text ?? '');
    const { relays, kinds } = isRecord(value) ? value : {};
    if (!Array.isArray(relays) || !Array.isArray(kinds)) return { relays: [], kinds: [] };
    return {
      relays: relays.map((relay) => parseRelayUrl(String(relay))),
      kinds: kinds.filter((kind) => typeof kind === 'number'),
    };
  } catch {
    return { relays: [], kinds: [] };
  }
}
