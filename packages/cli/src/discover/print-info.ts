import type { FoundServer } from '@mcp-nostr/client/discovery';
import { formatNpub } from '@mcp-nostr/core';

import { serverName } from '../doctor/server-name.ts';
import type { ErrorReport } from '../errors.ts';
import { formatDuration, oneLine, type Paint } from '../terminal.ts';
import type { AskedServer } from './ask-server.ts';
import { formatAge } from './format-age.ts';
import { nameOf, offerOf } from './print-found.ts';

/** What is known of a server: by its word to everybody, and by asking it. */
export interface ServerInfo {
  pubkey: string;
  address: string;
  relays: string[];
  announcement: FoundServer | undefined;
  asked: AskedServer | undefined;
  /** What it refused with, or why it was not heard. */
  failure: ErrorReport | undefined;
  /** It was asked so. */
  isEncrypted: boolean;
  /** It was heard, if only with a refusal. */
  isAlive: boolean;
}

const TITLE_WIDTH = 11;
const MAX_TEXT = 400;
/** More fill a terminal; a program gets them all. */
const MAX_TOOLS = 200;

/** What a server is, for a person. All text of it is a stranger's. */
export function formatInfo(info: ServerInfo, paint: Paint, nowSeconds: number): string {
  const { announcement, asked, pubkey, address, relays } = info;
  const rows: [title: string, text: string][] = [
    ['address', address],
    ['npub', formatNpub(pubkey)],
    ['relays', relays.join(' ')],
    ['website', oneLine(announcement?.website ?? '', MAX_TEXT)],
    ['program', oneLine(programOf(info), MAX_TEXT)],
    ['announced', announcedWords(info, nowSeconds)],
    ['answers', answerWords(info, paint)],
    ['speaks', speaksWords(info)],
    ['encryption', encryptionWords(info, paint)],
    ['offers', offerOf({ ...announcement, ...(asked && { tools: asked.tools }) })],
    ['prices', oneLine(priceWords(info), MAX_TEXT)],
  ];
  const name = nameOf({ pubkey, ...(announcement?.name !== undefined && { name: announcement.name }) });
  const about = oneLine(announcement?.about ?? '', MAX_TEXT);
  const lines = [
    paint('bold', announcement?.name === undefined && asked ? serverName(asked.serverInfo) : name),
    ...(about === '' ? [] : [`  ${about}`]),
    ...rows.flatMap(([title, text]) =>
      text === '' ? [] : [`  ${paint('dim', title.padEnd(TITLE_WIDTH))} ${text}`],
    ),
    ...toolLines(asked?.tools ?? announcement?.tools ?? [], paint),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** The same for a program. */
export function infoDocument(info: ServerInfo): object {
  const { pubkey, address, relays, announcement = null, asked, failure, isAlive } = info;
  return {
    address,
    npub: formatNpub(pubkey),
    pubkey,
    relays,
    alive: isAlive,
    ...(failure !== undefined && { failure: { code: failure.code, message: failure.message } }),
    speaks: peerOf(info) ?? null,
    encryption: takesEncryption(info) ?? null,
    versions: asked?.versions ?? null,
    serverInfo: asked?.serverInfo ?? announcement?.initialize?.['serverInfo'] ?? null,
    tools: asked?.tools ?? announcement?.tools ?? null,
    announcement,
  };
}

function programOf({ asked, announcement }: ServerInfo): string {
  const info = asked?.serverInfo ?? announcement?.initialize?.['serverInfo'];
  return info === undefined ? '' : serverName(info);
}

function announcedWords({ announcement }: ServerInfo, nowSeconds: number): string {
  if (announcement === undefined) return 'no';
  return `${formatAge(nowSeconds - announcement.createdAt)}, on ${announcement.foundOn.join(' ')}`;
}

function answerWords({ asked, failure, isAlive }: ServerInfo, paint: Paint): string {
  if (asked !== undefined) return paint('green', `in ${formatDuration(asked.firstAnswerMs)}`);
  const reason = oneLine(failure?.message ?? '', MAX_TEXT);
  return isAlive ? paint('yellow', reason) : `${paint('red', 'no')}: ${reason}`;
}

function peerOf({ asked, announcement }: ServerInfo): 'link' | 'contextvm' | undefined {
  if (asked?.peer !== undefined) return asked.peer;
  if (announcement === undefined) return undefined;
  return announcement.support.link === undefined ? 'contextvm' : 'link';
}

function speaksWords(info: ServerInfo): string {
  const { asked } = info;
  const versions = (asked?.versions ?? []).map((version) => oneLine(version, 20)).join(', ');
  const peer = peerOf(info);
  const way = peer === undefined ? '' : peer === 'link' ? 'over a link' : 'as ContextVM does, without a link';
  return [versions === '' ? '' : `MCP ${versions}`, way].filter((text) => text !== '').join(' ');
}

function encryptionWords(info: ServerInfo, paint: Paint): string {
  const takes = takesEncryption(info);
  if (takes === undefined) return '';
  return takes ? 'yes' : paint('yellow', 'none: plain text, which every relay can read');
}

/** By its answer, else by its word. */
function takesEncryption({ asked, isEncrypted, announcement }: ServerInfo): boolean | undefined {
  return (asked !== undefined && isEncrypted) || announcement?.support.encryption;
}

/** What it asks for, where it announces that. */
function priceWords({ announcement }: ServerInfo): string {
  return (announcement?.prices ?? [])
    .map(({ capability, price, unit }) => `${capability} ${price} ${unit}`)
    .join(', ');
}

function toolLines(tools: readonly Record<string, unknown>[], paint: Paint): string[] {
  const shown = tools.slice(0, MAX_TOOLS);
  const width = Math.min(32, Math.max(0, ...shown.map(({ name }) => String(name).length)));
  const lines = shown.map(({ name, description, title }) => {
    const first = typeof description === 'string' ? description : typeof title === 'string' ? title : '';
    const about = oneLine(first.trim().split('\n')[0] ?? '', 100);
    const row = oneLine(String(name), 80).padEnd(width);
    return about === '' ? `    ${row.trimEnd()}` : `    ${row}  ${paint('dim', about)}`;
  });
  const left = tools.length - shown.length;
  return left === 0 ? lines : [...lines, `    … and ${left} more, with --json`];
}
