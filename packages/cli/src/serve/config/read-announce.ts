import { isRecord, parseRelayUrl } from '@mcp-nostr/core';
import type { AnnounceOptions } from '@mcp-nostr/server';
import { getNodeValue, type Node } from 'jsonc-parser';

import { type EntryAnnounce, wordProblem } from '../announce/announce-options.ts';

const WORDS = ['name', 'about', 'website', 'picture'] as const;
const MEMBERS: ReadonlySet<string> = new Set([...WORDS, 'relays', 'relayList', 'profile']);

/** `"announce"` of one server in the file. @throws {Error} whose message says what is wrong with it */
export function readAnnounce(node: Node): EntryAnnounce {
  const value: unknown = getNodeValue(node);
  if (typeof value === 'boolean') return value;
  if (!isRecord(value)) throw new Error('"announce" is true, false, or an object with "name" and "about"');
  const unknown = Object.keys(value).find((key) => !MEMBERS.has(key));
  // It would be thought to be published.
  if (unknown !== undefined)
    throw new Error(`"announce" has no ${JSON.stringify(unknown)}: there are ${[...MEMBERS].join(', ')}`);
  const options: AnnounceOptions = {};
  for (const word of WORDS) {
    const text = value[word];
    if (text === undefined) continue;
    if (typeof text !== 'string') throw new Error(`"${word}" of "announce" is not a text`);
    const problem = wordProblem(word, text);
    if (problem !== undefined) throw new Error(`"${word}" of "announce" ${problem}`);
    options[word] = text;
  }
  const { relays, relayList, profile } = value;
  if (relays !== undefined) options.relays = relaysOf(relays);
  if (relayList !== undefined) {
    if (typeof relayList !== 'boolean') throw new Error('"relayList" of "announce" is true or false');
    options.relayList = relayList;
  }
  if (profile !== undefined) {
    if (typeof profile !== 'boolean' && !isRecord(profile))
      throw new Error('"profile" of "announce" is true, false, or an object as in {"nip05": "…"}');
    options.profile = profile;
  }
  return options;
}

function relaysOf(relays: unknown): string[] {
  if (!Array.isArray(relays)) throw new Error('"relays" of "announce" is a list of ws:// or wss:// URLs');
  return relays.map((url) => parseRelayUrl(String(url)));
}
