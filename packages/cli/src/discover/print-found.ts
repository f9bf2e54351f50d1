import type { FoundServer, Liveness } from '@mcp-nostr/client/discovery';
import { formatNpub } from '@mcp-nostr/core';

import { formatDuration, oneLine, type Paint } from '../terminal.ts';
import { formatAge } from './format-age.ts';

/** A server as it was found, and whether it answers, if that was asked. */
export interface ShownServer {
  server: FoundServer;
  liveness: Liveness | undefined;
}

export interface Page {
  paint: Paint;
  /** Columns. */
  width: number;
  nowSeconds: number;
}

/** A name of more is cut where there are others to compare it with. */
const MAX_NAME_WIDTH = 36;

/** For each server: its name and what it has on one line, what it says of itself, and the address, which is never cut. */
export function formatFound(servers: readonly ShownServer[], page: Page): string {
  const names = servers.map(({ server }) => nameOf(server));
  const width = Math.min(MAX_NAME_WIDTH, Math.max(0, ...names.map((name) => name.length)));
  return servers.map((shown, index) => formatOne(shown, names[index] ?? '', width, page)).join('');
}

/** One line of JSON. It has the characters that a terminal would obey as escapes. */
export function foundLine({ server, liveness }: ShownServer): string {
  const { pubkey, address, initialize, ...rest } = server;
  const alive = liveness === undefined ? {} : { alive: liveness.isAlive, answer: liveness };
  const serverInfo = initialize?.['serverInfo'];
  return jsonLine({ address, npub: formatNpub(pubkey), pubkey, serverInfo, ...rest, initialize, ...alive });
}

/** What JSON leaves as it is, and a terminal does not. */
export function jsonLine(value: object): string {
  const text = JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}

/** `3 tools, 1 prompt` */
export function offerOf({ tools, prompts, resources, resourceTemplates }: Partial<FoundServer>): string {
  const counts = [
    count(tools, 'tool'),
    count(prompts, 'prompt'),
    count(resources, 'resource'),
    count(resourceTemplates, 'template'),
  ];
  return counts.filter((text) => text !== '').join(', ');
}

export function nameOf({ name, pubkey }: Pick<FoundServer, 'name' | 'pubkey'>): string {
  const shown = oneLine(name ?? '', MAX_NAME_WIDTH);
  return shown === '' ? `${formatNpub(pubkey).slice(0, 14)}…` : shown;
}

function formatOne(shown: ShownServer, name: string, nameWidth: number, page: Page): string {
  const { server, liveness } = shown;
  const { paint, width, nowSeconds } = page;
  const facts = [
    answerOf(liveness, paint),
    offerOf(server),
    ...(server.support.encryption ? [] : [paint('yellow', 'plain text only')]),
    ...(server.prices.length > 0 ? [paint('yellow', 'asks to be paid')] : []),
    paint('dim', formatAge(nowSeconds - server.createdAt)),
  ];
  const about = oneLine(server.about ?? '', Math.max(20, width - 2));
  return [
    `${paint('bold', name.padEnd(nameWidth))}  ${facts.filter((fact) => fact !== '').join(' · ')}`,
    ...(about === '' ? [] : [`  ${about}`]),
    `  ${paint('dim', server.address)}`,
    '',
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function answerOf(liveness: Liveness | undefined, paint: Paint): string {
  if (liveness === undefined) return '';
  const { isAlive, code, durationMs } = liveness;
  if (!isAlive)
    return paint('red', code === undefined ? 'silent' : (SILENCES.get(code) ?? 'does not answer'));
  const refusal = code === undefined ? '' : ` (${code.replaceAll('_', ' ')})`;
  return paint('green', `answers in ${formatDuration(durationMs)}${refusal}`);
}

/** Why somebody was not heard, where that is not the server's silence. */
const SILENCES: ReadonlyMap<string, string> = new Map([
  ['relays_unreachable', 'its relays cannot be reached'],
  ['no_relays', 'its relays are not known'],
  ['not_encrypted', 'was not asked: it speaks plain text only'],
]);

function count(items: readonly unknown[] | undefined, word: string): string {
  if (items === undefined || items.length === 0) return '';
  return `${items.length} ${word}${items.length === 1 ? '' : 's'}`;
}
