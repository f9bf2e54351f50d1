import { formatNpub } from '@mcp-nostr/core';
import type { RequestReport } from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';

import type { Filter } from '../filter/filter.ts';
import { describeFilter } from '../filter/filter-options.ts';
import { relayLines } from '../relay-lines.ts';
import { formatDuration, oneLine, type Paint, shortNpub } from '../terminal.ts';

/** What `serve` reports, to a person or to a program. */
export interface ServePrinter {
  ready(server: ServedAs): void;
  relay(state: RelayState): void;
  call(report: RequestReport): void;
  /** A line of a child's stderr. */
  log(source: string, line: string): void;
  problem(message: string): void;
}

interface ServedAs {
  npub: string;
  /** nprofile */
  address: string;
  relays: string[];
  /** The served command and its arguments. */
  command: string[];
  keyFile: string;
  /** Public keys, or everybody. */
  allow: 'public' | string[];
  /** What callers do not see of it. */
  filter?: Filter | undefined;
}

/** One JSON object a line; what the children say goes to stderr as it does for people. */
export function jsonPrinter(write: (text: string) => void, people: ServePrinter): ServePrinter {
  const print = (event: object): void => write(`${JSON.stringify(event)}\n`);
  return {
    ready: ({ npub, address, relays }) => print({ event: 'ready', npub, address, relays }),
    relay: ({ latencyMs, ...state }) =>
      print({
        event: 'relay',
        ...state,
        ...(latencyMs === undefined ? {} : { latencyMs: tenth(latencyMs) }),
      }),
    call: ({ caller, method, name, durationMs, outcome }) => {
      const what = name === undefined ? { method } : { method, name };
      print({
        event: 'call',
        time: new Date().toISOString(),
        caller: caller.npub,
        ...what,
        durationMs: tenth(durationMs),
        outcome,
      });
    },
    log: (source, line) => people.log(source, line),
    problem: (message) => people.problem(message),
  };
}

function tenth(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Strangers can cause problems at will; in this time each is shown once, and no more than so many. */
const PROBLEM_WINDOW_MS = 60_000;
const MAX_PROBLEMS_PER_WINDOW = 20;

/** Lines for a person, on stderr. Names and texts of callers are shown without control characters. */
export function humanPrinter(write: (text: string) => void, paint: Paint): ServePrinter {
  const print = (line: string): void => write(`${line}\n`);
  const marks: Record<RequestReport['outcome'], string> = {
    ok: paint('green', 'ok'),
    error: paint('red', 'error'),
    tool_error: paint('red', 'tool error'),
    cancelled: paint('yellow', 'cancelled'),
  };
  const problems = new Set<string>();
  let problemsSince = 0;
  return {
    ready({ npub, address, command, keyFile, allow, filter }) {
      print(`\n  ${paint('bold', oneLine(command.map(shortPath).join(' '), 100))}\n`);
      print(`  address   ${paint('bold', address)}`);
      print(`  key       ${npub}`);
      print(`            ${paint('dim', `the same every time, kept in ${keyFile}`)}`);
      print(`  access    ${formatAccess(allow)}`);
      if (filter !== undefined) print(`  filter    ${describeFilter(filter)}`);
      print(`  try       npx mcp-nostr call ${address}\n`);
    },
    relay: relayLines((line) => print(`  ${line}`), paint),
    call({ caller, method, name, durationMs, outcome }) {
      const time = new Date().toTimeString().slice(0, 8);
      const what = oneLine(name === undefined ? method : `${method} ${name}`, 60);
      const duration = formatDuration(durationMs).padStart(9);
      print(
        `  ${paint('dim', time)}  ${shortNpub(caller.npub)}  ${what.padEnd(36)} ${duration}  ${marks[outcome]}`,
      );
    },
    log: (source, line) => print(`  ${paint('dim', `${source} │`)} ${line}`),
    problem(message) {
      if (performance.now() - problemsSince > PROBLEM_WINDOW_MS) {
        problems.clear();
        problemsSince = performance.now();
      }
      const text = oneLine(message, 300);
      if (problems.has(text) || problems.size >= MAX_PROBLEMS_PER_WINDOW) return;
      problems.add(text);
      print(`  ${paint('yellow', '!')} ${text}`);
    },
  };
}

/** The end of a long path says more than its beginning. */
function shortPath(word: string): string {
  return word.length > 40 ? word.replace(/^.*\/(?=[^/]+\/[^/]+\/[^/]+$)/, '…/') : word;
}

function formatAccess(allow: 'public' | string[]): string {
  if (allow === 'public') return 'public: whoever has the address may call';
  return allow.map((pubkey) => shortNpub(formatNpub(pubkey))).join(', ');
}
