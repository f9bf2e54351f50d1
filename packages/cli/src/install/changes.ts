import { CliError, describeError, exitCodes } from '../errors.ts';
import { paintFor } from '../terminal.ts';
import { confirmChanges } from './choose.ts';
import { writeConfigFile } from './config/config-file.ts';
import type { Host, Machine } from './hosts.ts';
import type { Change } from './plan.ts';
import { programsInUse, removeUnused } from './programs.ts';
import {
  failedOutcome,
  formatChange,
  formatDone,
  formatFailed,
  type HostOutcome,
  outcomeOf,
} from './report.ts';

export interface ChangeOptions {
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** What was done, and what could not be: one bad file does not hold up the others. */
export interface Changed {
  outcomes: HostOutcome[];
  /** The first that went wrong. */
  failure: CliError | undefined;
}

export interface Work {
  /** Undefined for a host that needs no change. */
  plan: (host: Host) => Promise<Change | undefined>;
  /** Runs once, when it is certain that something is going to be written. */
  prepare?: () => Promise<void>;
}

/** Plans for each host, shows, asks, writes. */
export async function changeHosts(
  chosen: readonly Host[],
  machine: Machine,
  work: Work,
  options: ChangeOptions,
): Promise<Changed> {
  const outcomes: HostOutcome[] = [];
  const changes: Change[] = [];
  let failure: CliError | undefined;
  const paint = paintFor(process.stdout);
  const print = (text: string): void => {
    if (options.json !== true) process.stdout.write(`${text}\n`);
  };
  const fail = (host: Host, error: unknown): void => {
    if (!(error instanceof CliError)) throw error;
    failure ??= error;
    const report = describeError(error);
    outcomes.push(failedOutcome(host, host.file(machine), report));
    print(formatFailed(host, report, paint));
  };

  for (const host of chosen) {
    try {
      const change = await work.plan(host);
      if (change === undefined) continue;
      changes.push(change);
      print(formatChange(change, paint));
    } catch (error) {
      fail(host, error);
    }
  }
  if (options.dryRun === true)
    return { outcomes: [...outcomes, ...changes.map((change) => outcomeOf(change))], failure };
  if (options.yes !== true && changes.some(({ kind }) => kind !== 'same')) await confirmChanges();
  if (changes.length > 0) await work.prepare?.();
  const programs = await programsInUse(machine);
  for (const change of changes) {
    try {
      const backup =
        change.kind === 'same' ? undefined : await writeConfigFile(change.file, change.text, new Date());
      outcomes.push(outcomeOf(change, backup));
      print(formatDone(change, backup, paint));
    } catch (error) {
      fail(change.host, error);
    }
  }
  for (const path of await removeUnused(programs, machine))
    print(paint('dim', `removed ${path}, which no host starts any more`));
  return { outcomes, failure };
}

/** After the rest is done and said. */
export function throwPartial({ outcomes, failure }: Changed): void {
  if (failure === undefined) return;
  const failed = outcomes.filter(({ change }) => change === 'failed').length;
  if (outcomes.length === 1) throw failure;
  throw new CliError(
    'host_config',
    exitCodes.usage,
    `${failed} of ${outcomes.length} hosts were left as they are`,
    {
      cause: failure,
    },
  );
}
