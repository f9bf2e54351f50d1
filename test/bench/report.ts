import { cpus } from 'node:os';

import type { Outcome } from './part.ts';
import { callsHead } from './part-calls.ts';
import { mixedHead } from './part-mixed.ts';
import { startupHead } from './part-startup.ts';
import { LABELS } from './peers.ts';

/** All parts of one run. */
export type Outcomes = Record<'calls' | 'events' | 'large' | 'throughput' | 'startup' | 'mixed', Outcome>;

const loadHead = ['', LABELS.ours, LABELS.http, 'ours is', 'bar'];

export function missedBars(outcomes: Outcomes): string[] {
  return Object.values(outcomes).flatMap(({ missed }) => missed);
}

export function formatJson(outcomes: Outcomes): string {
  const results = Object.entries(outcomes).map(([name, { result }]) => [name, result ?? null]);
  const report = {
    date: today(),
    machine: machine(),
    ...(Object.fromEntries(results) as object),
    missed: missedBars(outcomes),
  };
  return JSON.stringify(report, undefined, 2);
}

export function formatText(outcomes: Outcomes): string {
  const texts = tables(outcomes).map((rows) => {
    const widths =
      rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
    const pad = (text: string, column: number): string =>
      column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
    return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
  });
  return [...texts, describeMachine()].join('\n\n');
}

export function formatMarkdown(outcomes: Outcomes): string {
  const texts = tables(outcomes).map((rows) => {
    const [head = '', ...lines] = rows.map((row) => `| ${row.join(' | ')} |`);
    const rule = (rows[0] ?? []).map((_, column) => (column === 0 ? '---' : '---:'));
    return [head, `| ${rule.join(' | ')} |`, ...lines].join('\n');
  });
  return [`\`pnpm bench --write\`, ${today()}, ${describeMachine()}:`, ...texts].join('\n\n');
}

/** A part that failed has no rows. */
function tables({ calls, events, large, throughput, startup, mixed }: Outcomes): string[][][] {
  return [
    [callsHead, ...calls.rows],
    [loadHead, ...events.rows, ...large.rows, ...throughput.rows],
    [startupHead, ...startup.rows],
    [mixedHead, ...mixed.rows],
  ];
}

function machine(): Record<'node' | 'cpuModel' | 'architecture', string> & { cpuCount: number } {
  return {
    node: process.version,
    cpuCount: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    architecture: process.arch,
  };
}

export function describeMachine(): string {
  const { cpuCount, cpuModel, architecture, node } = machine();
  return `${cpuCount} CPUs (${cpuModel}, ${architecture}), Node ${node.slice(1)}`;
}

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
