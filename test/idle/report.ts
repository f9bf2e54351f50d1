import { median } from '../bench/stats.ts';
import type { Report } from './run.ts';
import { growthOf } from './samples.ts';

/** Whether there is one line for it or none: growth. That everything was answered, the run itself has proven. */
export function missedBars({ courses }: Report): string[] {
  return Object.entries(courses).flatMap(([name, course]) => growthOf(name, course));
}

export function formatReport({ plan, restarts, answersSeconds, lastAnswerSeconds, courses }: Report): string {
  const rows = Object.entries(courses).map(([name, { begin, end, cpuSeconds }]) => [
    name,
    `${megabytes(begin.rssBytes)} -> ${megabytes(end.rssBytes)} MB`,
    `${megabytes(begin.heapBytes)} -> ${megabytes(end.heapBytes)} MB`,
    `${begin.openFiles} -> ${end.openFiles}`,
    `${begin.timers} -> ${end.timers}`,
    `${cpuSeconds.toFixed(1)} s`,
  ]);
  const head = ['', 'RSS', 'heap in use', 'open files', 'timers', 'CPU in all'];
  const table = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows];
  const answers =
    answersSeconds.length === 0
      ? 'no restart'
      : `${restarts} restarts of the relay, each followed by an answer after ${median(answersSeconds).toFixed(2)} s ` +
        `(median; the longest ${Math.max(...answersSeconds).toFixed(2)} s)`;
  return [
    `${plan.minutes} minutes, ${answers}; the silent host's only call at the end took ${lastAnswerSeconds.toFixed(3)} s.`,
    '',
    ...table.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
