import { cpus } from 'node:os';

import type { Party, Plan, Report } from './run.ts';

const names: Record<Party, string> = {
  relay: 'relay',
  serve: '`serve`',
  program: 'the program behind it',
  clients: 'the clients',
};

/** Each client has to be answered each time, and as it should. */
export function missedBars({ plan, answeredMs, failures }: Report): string[] {
  const wanted = callsOf(plan);
  const failed = Object.entries(failures).map(([reason, count]) => `${count} calls failed: ${reason}`);
  return answeredMs.length === wanted
    ? failed
    : [`${answeredMs.length} of ${wanted} calls were answered`, ...failed];
}

export function formatReport(report: Report): string {
  const { plan, answeredMs, courses, callingSeconds } = report;
  const ours = Object.values(courses).map(
    ({ connected, called }) => called.cpuSeconds - connected.cpuSeconds,
  );
  const oursSeconds = ours.reduce((all, seconds) => all + seconds, 0);
  const machineWork = `${share(report.machineSeconds)} of ${cpus().length} CPUs were busy, of which ${share(oursSeconds)} with this`;
  const rows = Object.entries(courses).map(([party, { alone, connected, called }]) => [
    names[party as Party],
    alone.rssBytes === 0 ? '' : megabytes(alone.rssBytes),
    megabytes(connected.rssBytes),
    megabytes(called.rssBytes),
    `${(called.cpuSeconds - connected.cpuSeconds).toFixed(1)} s`,
    share(called.cpuSeconds - connected.cpuSeconds),
    `${(((called.cpuSeconds - connected.cpuSeconds) * 1_000) / answeredMs.length).toFixed(2)} ms`,
  ]);
  const head = ['', 'RSS alone', 'all connected', 'after the calls', 'CPU', 'of a core', 'for each call'];
  const table = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows];
  return [
    `${plan.clients} clients, a call of each every ${plan.everySeconds} s: ${answeredMs.length} of ${callsOf(plan)} answered ` +
      `in ${callingSeconds.toFixed(1)} s; ` +
      `${part(answeredMs, 0.5)} in the median, ${part(answeredMs, 0.95)} for 95 of 100, ` +
      `${part(answeredMs, 0.99)} for 99, ${part(answeredMs, 1)} the longest; ${machineWork}.`,
    table.map((row) => `| ${row.join(' | ')} |`).join('\n'),
  ].join('\n\n');

  function share(seconds: number): string {
    return `${Math.round((seconds / callingSeconds) * 100)} %`;
  }
}

function callsOf({ clients, seconds, everySeconds }: Plan): number {
  return clients * Math.ceil(seconds / everySeconds);
}

/** Below which that part of the sorted times is. */
function part(sortedMs: readonly number[], fraction: number): string {
  const ms = sortedMs[Math.max(0, Math.ceil(sortedMs.length * fraction) - 1)];
  return ms === undefined ? 'none' : `${ms.toFixed(0)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
