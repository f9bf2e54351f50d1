import type { RequestOutcome } from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';

import { describeFilter } from '../filter/filter-options.ts';
import { LineLimiter } from '../log/line-limiter.ts';
import { includesLevel, type LogLevel, type RecordLevel } from '../log/logger.ts';
import { redact, shownLine } from '../log/redact.ts';
import { relayLines } from '../relay-lines.ts';
import { formatDuration, oneLine, type Paint, shortNpub } from '../terminal.ts';
import type { ServedAs, ServePrinter } from './print-serve.ts';
import { describeAccess, describeSettings } from './shown-access.ts';

export interface HumanPrinterOptions {
  write: (text: string) => void;
  paint: Paint;
  /** @default 'info' */
  level?: LogLevel;
  /** The QR code of an address as lines, or none where it does not fit. */
  qrCode?: (address: string) => string[];
}

/** Lines for a person, on stderr. Names and texts of callers are shown without control characters. */
export function humanPrinter({ write, paint, level = 'info', qrCode }: HumanPrinterOptions): ServePrinter {
  const print = (of: RecordLevel, line: string): void => {
    if (includesLevel(level, of)) write(`${redact(line)}\n`);
  };
  const info = (line: string): void => print('info', line);
  const marks: Record<RequestOutcome, string> = {
    ok: paint('green', 'ok'),
    error: paint('red', 'error'),
    tool_error: paint('red', 'tool error'),
    cancelled: paint('yellow', 'cancelled'),
    refused: paint('yellow', 'refused'),
  };
  /** So that what stands behind the names is in one column. */
  let nameWidth = 0;
  const named = (server: string | undefined): string =>
    server === undefined ? '' : `${server.padEnd(nameWidth)}  `;
  const problems = new LineLimiter();
  const relays = new SharedRelays((line, of) => print(of, `  ${line}`), paint);

  function banner(served: ServedAs): void {
    const { npub, address, command, keyFile, access, words, isInviting, limits, filter } = served;
    const { isAnnounced = false, servesContextvm = false } = served;
    info(`\n  ${paint('bold', shownLine(command.map(shortPath).join(' '), 100))}\n`);
    info(`  address   ${paint('bold', address)}`);
    info(`  key       ${npub}`);
    info(`            ${paint('dim', `the same every time, kept in ${keyFile}`)}`);
    info(`  access    ${describeAccess(access)}`);
    if (!access.isPublic) {
      info(`            npx mcp-nostr invite${words}`);
      info(`            ${paint('dim', 'lets in whoever redeems it; --public lets in everybody')}`);
      info(`            npx mcp-nostr allow${words} NPUB`);
      info(`            ${paint('dim', 'lets in that key; mcp-nostr access lists them')}`);
    }
    if (filter !== undefined) info(`  filter    ${describeFilter(filter)}`);
    info(`  limits    ${limits.join(' · ')}`);
    if (isAnnounced) info(`  announced to everybody; npx mcp-nostr unannounce${words} takes that back`);
    if (servesContextvm) info(`  contextvm ${contextvmWhat}`);
    info(`  next      npx mcp-nostr install ${address}`);
    info(`            ${paint('dim', installWhat)}`);
    info(`            npx mcp-nostr call ${address}`);
    info(`            ${paint('dim', callWhat)}\n`);
    if (!isInviting) for (const line of qrCode?.(address) ?? []) info(`  ${line}`);
  }

  return {
    several({ file, names, access, limits, filter, servesContextvm = false }) {
      nameWidth = Math.min(Math.max(...names.map((name) => name.length)), MAX_NAME_COLUMNS);
      info(`\n  ${paint('bold', file)}  ${names.length === 1 ? '1 server' : `${names.length} servers`}\n`);
      info(`  access    ${describeSettings(access)}`);
      if (!access.isPublic) {
        info(`            npx mcp-nostr invite --server NAME`);
        info(`            ${paint('dim', 'lets in whoever redeems it; --public lets in everybody')}`);
      }
      if (filter !== undefined) info(`  filter    ${describeFilter(filter)}`);
      info(`  limits    ${limits.join(' · ')}, of each server`);
      if (servesContextvm) info(`  contextvm ${contextvmWhat}`);
      info(`  next      npx mcp-nostr install ADDRESS`);
      info(`            ${paint('dim', installWhat)}`);
      info(`            npx mcp-nostr call ADDRESS`);
      info(`            ${paint('dim', callWhat)}\n`);
    },
    ready(served) {
      if (served.server === undefined) banner(served);
      else info(`  ${paint('green', '✓')} ${paint('bold', named(served.server))}${served.address}`);
    },
    closed: (server) => info(`  ${paint('dim', `${named(server)}is closed`)}`),
    relay(state, server) {
      relays.show(state, server);
      const { url, status, reason } = state;
      if (status !== 'ready')
        print('debug', `  ${named(server)}${url}  ${status} ${oneLine(reason ?? '', 160)}`);
    },
    call({ caller, method, name, durationMs, outcome, code }, server) {
      const time = new Date().toTimeString().slice(0, 8);
      const what = oneLine(name === undefined ? method : `${method} ${name}`, 60);
      const duration = formatDuration(durationMs).padStart(9);
      info(
        `  ${paint('dim', time)}  ${named(server)}${shortNpub(caller.npub)}  ${what.padEnd(36)} ${duration}  ${marks[outcome]}${code === undefined ? '' : ` ${code}`}`,
      );
    },
    invite({ link, id, expiresAt }) {
      const lines = [
        ...(qrCode?.(link) ?? []).map((line) => `  ${line}`),
        `  invite    ${paint('bold', link)}`,
        `            ${paint('dim', `lets in one key until ${timeOf(expiresAt)} (${id}); send it to one person, who runs`)}`,
        `            npx mcp-nostr pair\n\n`,
      ];
      // Here alone its code is not hidden.
      if (includesLevel(level, 'info')) write(lines.join('\n'));
    },
    paired: ({ npub, name, invite }, server) => {
      const time = new Date().toTimeString().slice(0, 8);
      const who = name === undefined ? shortNpub(npub) : `${shortNpub(npub)} ${oneLine(name, 60)}`;
      info(
        `  ${paint('dim', time)}  ${named(server)}${paint('green', '+')} ${who}  paired with invite ${invite}`,
      );
    },
    log: (source, line, server) => info(`  ${paint('dim', `${named(server)}${source} │`)} ${line}`),
    problem(message, server) {
      const text = `${named(server)}${shownLine(message, 300)}`;
      if (problems.admits(text)) print('warn', `  ${paint('yellow', '!')} ${text}`);
    },
    note: (of, message, server) =>
      print(of, `  ${paint('dim', `${named(server)}${shownLine(message, 300)}`)}`),
  };
}

const contextvmWhat = 'clients of ContextVM are served too; --no-contextvm turns that off';
const installWhat = 'puts it into Claude, Cursor, VS Code and other hosts';
const callWhat = 'lists what it offers, and calls it by hand';
/** A longer name is shown whole, out of the column. */
const MAX_NAME_COLUMNS = 20;

/** Several servers on one relay: what the relay is like is said once, and not once for each of them. */
class SharedRelays {
  readonly #lines: (state: RelayState) => void;
  readonly #last: Map<string, string> = new Map();

  constructor(print: (line: string, level: 'info' | 'warn') => void, paint: Paint) {
    this.#lines = relayLines(print, paint);
  }

  show(state: RelayState, server: string | undefined): void {
    const { url, status, reason } = state;
    const now = `${status} ${reason}`;
    if (status !== 'ready' && status !== 'waiting') return;
    if (server !== undefined && this.#last.get(url) === now) return;
    this.#last.set(url, now);
    this.#lines(state);
  }
}

/** The end of a long path says more than its beginning. */
function shortPath(word: string): string {
  return word.length > 40 ? word.replace(/^.*\/(?=[^/]+\/[^/]+\/[^/]+$)/, '…/') : word;
}

function timeOf(seconds: number): string {
  const iso = new Date(seconds * 1_000).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
