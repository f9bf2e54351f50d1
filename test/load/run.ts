import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundleCli } from '../../packages/cli/bundle/bundle-cli.ts';
import { bundle } from '../chaos/bundle.ts';
import { CliRun } from '../helpers/cli.ts';
import type { Called, CallersOptions } from './called.ts';
import { childrenOf, machineSeconds, type Usage, usageOf } from './usage.ts';

export interface Plan {
  clients: number;
  /** How many processes the clients share. */
  processes: number;
  /** For so long */
  seconds: number;
  /** each client calls so often. */
  everySeconds: number;
}

const parties = ['relay', 'serve', 'program', 'clients'] as const;
export type Party = (typeof parties)[number];

/** Before anybody has connected, when all have, and after the last answer. */
type Course = Record<'alone' | 'connected' | 'called', Usage>;

export interface Report extends Called {
  plan: Plan;
  courses: Record<Party, Course>;
  /** From the first call to the last answer. */
  callingSeconds: number;
  /** What the processors worked meanwhile, of these processes and of any other. */
  machineSeconds: number;
}

/** `serve` takes 50 new connections a second. */
const CONNECTS_PER_SECOND = 40;

const everything = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  '../dist/index.js',
);

/** One relay, one `serve` with one process of a server behind it, and many clients. */
export async function runLoad(plan: Plan, tell: (line: string) => void): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-load-'));
  const cli = join(folder, 'mcp-nostr.js');
  await writeFile(cli, (await bundleCli()).script);
  await bundle([fileURLToPath(new URL('./callers.ts', import.meta.url))], folder);
  const runs: CliRun[] = [];
  const start = (file: string, ...args: string[]): CliRun => {
    const env = { MCP_NOSTR_HOME: join(folder, 'home') };
    const run = new CliRun(args, env, { words: [process.execPath, file] });
    runs.push(run);
    return run;
  };
  const killAll = (): void => {
    for (const { child } of runs) child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  try {
    const room = String(plan.clients + 50);
    const relay = start(cli, 'relay', '--port', '0', '--json', '--max-connections-per-ip', room);
    const { url } = await relay.event('ready');
    const serving = ['serve', '--public', '--json', '--relay', String(url), '--max-connections', room];
    const serve = start(cli, ...serving, '--shared', '--', process.execPath, everything);
    const address = String((await serve.event('ready'))['address']);

    const callersOptions: CallersOptions = {
      address,
      clients: plan.clients / plan.processes,
      connectMs: (plan.processes * 1_000) / CONNECTS_PER_SECOND,
      seconds: plan.seconds,
      everySeconds: plan.everySeconds,
    };
    const usages = (): Record<Party, Usage> => ({
      relay: usageOf([pidOf(relay)]),
      serve: usageOf([pidOf(serve)]),
      program: usageOf(childrenOf(pidOf(serve))),
      clients: usageOf(callers.map(pidOf)),
    });
    const callers: CliRun[] = [];
    const alone = usages();
    for (let process = 0; process < plan.processes; process++)
      callers.push(start(join(folder, 'callers.mjs'), JSON.stringify(callersOptions)));
    await Promise.all(callers.map((run) => run.event('connected')));
    tell(`${plan.clients} clients are connected`);

    const connected = usages();
    const startMs = performance.now();
    const machineStart = machineSeconds();
    for (const { child } of callers) child.stdin.write('begin\n');
    const outcomes = (await Promise.all(callers.map((run) => run.event('called')))) as unknown as Called[];
    const called = usages();
    return {
      plan,
      answeredMs: outcomes.flatMap(({ answeredMs }) => answeredMs).sort((a, b) => a - b),
      failures: sumOf(outcomes.map(({ failures }) => failures)),
      courses: Object.fromEntries(
        parties.map((party) => [
          party,
          { alone: alone[party], connected: connected[party], called: called[party] },
        ]),
      ) as Record<Party, Course>,
      callingSeconds: (performance.now() - startMs) / 1_000,
      machineSeconds: machineSeconds() - machineStart,
    };
  } finally {
    await Promise.all(runs.toReversed().map((run) => run.stop()));
    process.off('exit', killAll);
    rmSync(folder, { recursive: true, force: true });
  }
}

function pidOf({ child: { pid } }: CliRun): number {
  if (pid === undefined) throw new Error('a process was not started');
  return pid;
}

function sumOf(counts: readonly Record<string, number>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [reason, count] of counts.flatMap((one) => Object.entries(one)))
    sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}
