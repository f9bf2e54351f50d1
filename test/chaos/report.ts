import type { CallRecord, Evidence, PhaseRules } from './evidence.ts';
import type { FaultCounts } from './faults.ts';
import type { Violation } from './verdict.ts';

/** What happened in a phase, beside its calls. */
export interface PhaseRun extends PhaseRules, FaultCounts {
  /** From the end of the faults until every call had settled. */
  calmMs: number;
}

interface PhaseReport extends PhaseRun {
  calls: number;
  answered: number;
  executed: number;
  hung: number;
  /** By `data.code`. */
  failures: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  longestMs: number;
}

export interface ChaosReport {
  seed: number;
  seconds: number;
  phases: PhaseReport[];
  violations: Violation[];
}

interface Found {
  seed: number;
  seconds: number;
  runs: readonly PhaseRun[];
  evidence: Evidence;
  violations: Violation[];
}

/** Of each kind of violation this many are shown. */
const SHOWN_EACH = 5;

export function makeReport({ seed, seconds, runs, evidence, violations }: Found): ChaosReport {
  const executions = new Set(evidence.executions);
  const phases = runs.map((run): PhaseReport => {
    const calls = evidence.calls.filter(({ phase }) => phase === run.name);
    return { ...run, ...count(calls), executed: calls.filter(({ id }) => executions.has(id)).length };
  });
  return { seed, seconds, phases, violations };
}

function count(calls: CallRecord[]): Omit<PhaseReport, keyof PhaseRun | 'executed'> {
  const tookMs: number[] = [];
  const failures: Record<string, number> = {};
  let hung = 0;
  for (const { outcome } of calls) {
    if (outcome.type === 'answered') tookMs.push(outcome.tookMs);
    else if (outcome.type === 'failed') failures[outcome.code] = (failures[outcome.code] ?? 0) + 1;
    else hung++;
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.ceil(share * tookMs.length) - 1] ?? 0;
  return {
    calls: calls.length,
    answered: tookMs.length,
    hung,
    failures,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
  };
}

export function formatReport(report: ChaosReport): string {
  return [formatTable(report), '', formatVerdict(report)].join('\n');
}

function formatTable({ phases }: ChaosReport): string {
  const codes = [...new Set(phases.flatMap(({ failures }) => Object.keys(failures)))].sort();
  const row = (label: string, value: (phase: PhaseReport) => string | number): string[] => [
    label,
    ...phases.map((phase) => String(value(phase))),
  ];
  const rows = [
    row('', ({ name }) => name),
    row('calls', ({ calls }) => calls),
    row('answered', ({ answered }) => answered),
    row('executed', ({ executed }) => executed),
    row('hung', ({ hung }) => hung),
    ...codes.map((code) => row(`failed: ${code}`, ({ failures }) => failures[code] ?? 0)),
    row('relay kills', ({ relayKills }) => relayKills),
    row('all relays at once', ({ blackouts }) => blackouts),
    row('no relay for at most', ({ longestDarkMs }) => `${longestDarkMs} ms`),
    row('connections cut', ({ cutConnections }) => cutConnections),
    row('server kills', ({ serverKills }) => serverKills),
    row('time to answer, p50', ({ p50Ms }) => `${p50Ms} ms`),
    row('p99', ({ p99Ms }) => `${p99Ms} ms`),
    row('longest', ({ longestMs }) => `${longestMs} ms`),
    row('settled after the faults', ({ calmMs }) => `${calmMs} ms`),
  ];
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((cells) => cells.map(pad).join('  ')).join('\n');
}

function formatVerdict({ seed, violations }: ChaosReport): string {
  if (violations.length === 0) return `no violations, seed ${seed}`;
  const kinds = new Set(violations.map(({ kind }) => kind));
  const lines = [...kinds].flatMap((kind) => {
    const all = violations.filter((each) => each.kind === kind);
    const more = all.length > SHOWN_EACH ? [`  and ${all.length - SHOWN_EACH} more`] : [];
    return [`${kind}: ${all.length}`, ...all.slice(0, SHOWN_EACH).map(({ text }) => `  ${text}`), ...more];
  });
  return [`${violations.length} violations, seed ${seed}`, ...lines].join('\n');
}
