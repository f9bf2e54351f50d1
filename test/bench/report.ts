import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

import { medianOf, type Measurement, roundTo } from './stats.ts';

export const peers = ['ours', 'contextvm', 'http'] as const;
export type Peer = (typeof peers)[number];

export interface Report {
  roundTripMs: Record<Peer, number>;
  callsPerSecond: Record<Peer, number>;
  /** How many times better than the named peer ours is; below 1: worse. */
  ratios: {
    roundTrip: Record<Exclude<Peer, 'ours'>, number>;
    callsPerSecond: Record<Exclude<Peer, 'ours'>, number>;
  };
  machine: { node: string; cpuCount: number; cpuModel: string; architecture: string };
  date: string;
  inFlight: number;
  /** What the figures are the medians of. */
  rounds: Record<Peer, Measurement[]>;
}

/** A tool call is to take at most a fifth of ContextVM's time, and five times as many are to fit in a second. */
const MIN_RATIO = 5;

const LABELS: Record<Peer, string> = {
  ours: 'mcp-nostr',
  contextvm: `@contextvm/sdk ${installedVersion('@contextvm/sdk')}`,
  http: 'Streamable HTTP, no relay',
};

export function makeReport(rounds: Record<Peer, Measurement[]>, inFlight: number): Report {
  const [ours, contextvm, http] = [medianOf(rounds.ours), medianOf(rounds.contextvm), medianOf(rounds.http)];
  const slower = (peer: Measurement): number => roundTo(peer.roundTripMs / ours.roundTripMs, 2);
  const fewer = (peer: Measurement): number => roundTo(ours.callsPerSecond / peer.callsPerSecond, 2);
  return {
    roundTripMs: { ours: ours.roundTripMs, contextvm: contextvm.roundTripMs, http: http.roundTripMs },
    callsPerSecond: {
      ours: ours.callsPerSecond,
      contextvm: contextvm.callsPerSecond,
      http: http.callsPerSecond,
    },
    ratios: {
      roundTrip: { contextvm: slower(contextvm), http: slower(http) },
      callsPerSecond: { contextvm: fewer(contextvm), http: fewer(http) },
    },
    machine: {
      node: process.version,
      cpuCount: cpus().length,
      cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
      architecture: process.arch,
    },
    date: new Date().toISOString().slice(0, 10),
    inFlight,
    rounds,
  };
}

/** One line for each bar that is missed. */
export function missedBars({ ratios }: Report): string[] {
  const { roundTrip, callsPerSecond } = ratios;
  const missed: string[] = [];
  if (roundTrip.contextvm < MIN_RATIO) {
    missed.push(`round trip: ${roundTrip.contextvm} times as fast as ContextVM, the bar is ${MIN_RATIO}`);
  }
  if (callsPerSecond.contextvm < MIN_RATIO) {
    missed.push(`calls per second: ${callsPerSecond.contextvm} times ContextVM's, the bar is ${MIN_RATIO}`);
  }
  return missed;
}

export function formatTable(report: Report): string {
  const rows = cells(report);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return [...rows.map((row) => row.map(pad).join('  ')), '', describeMachine(report)].join('\n');
}

export function formatMarkdown(report: Report): string {
  const [head = [], ...rows] = cells(report).map((row) => `| ${row.join(' | ')} |`);
  const table = [head, '| --- | ---: | ---: | ---: | ---: |', ...rows].join('\n');
  return `\`pnpm bench --write\`, ${report.date}, ${describeMachine(report)}:\n\n${table}`;
}

function cells({ roundTripMs, callsPerSecond, ratios, inFlight }: Report): string[][] {
  const head = ['', 'round trip', 'ours is', `calls/s, ${inFlight} in flight`, 'ours is'];
  const rows = peers.map((peer) => [
    LABELS[peer],
    `${roundTripMs[peer].toFixed(2)} ms`,
    peer === 'ours' ? '' : `${ratios.roundTrip[peer].toFixed(2)}x`,
    String(callsPerSecond[peer]),
    peer === 'ours' ? '' : `${ratios.callsPerSecond[peer].toFixed(2)}x`,
  ]);
  return [head, ...rows];
}

function describeMachine({ machine, rounds }: Report): string {
  const { cpuCount, cpuModel, architecture, node } = machine;
  return `${cpuCount} CPUs (${cpuModel}, ${architecture}), Node ${node.slice(1)}, median of ${rounds.ours.length} rounds`;
}

function installedVersion(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
