import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** What some processes take together. */
export interface Usage {
  rssBytes: number;
  /** Since they were started. */
  cpuSeconds: number;
}

/** The clock of /proc: 100 ticks a second on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

/** Of running processes. Linux says it of any process; elsewhere only a process could say it of itself. */
export function usageOf(pids: readonly number[]): Usage {
  const usages = pids.map((pid) => {
    // proc_pid_stat(5): the name, in parentheses, may have spaces in it; behind it utime and stime are 12 and 13.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return {
      rssBytes: Number(rss) * 1_024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    };
  });
  const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);
  return {
    rssBytes: sum(usages.map(({ rssBytes }) => rssBytes)),
    cpuSeconds: sum(usages.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

/** The processes that one has started. */
export function childrenOf(pid: number): number[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return pids === '' ? [] : pids.split(' ').map(Number);
}

/** Seconds that the machine's processors have worked, for whomever. */
export function machineSeconds(): number {
  const busy = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return busy.reduce((all, ms) => all + ms, 0) / 1_000;
}
