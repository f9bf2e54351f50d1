import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { Plan } from './measure.ts';
import {
  formatMarkdown,
  formatTable,
  makeReport,
  missedBars,
  type Peer,
  peers,
  type Report,
} from './report.ts';
import { RoleProcess } from './role-process.ts';
import type { Measurement } from './stats.ts';

const ROUNDS = 4;
const IN_FLIGHT = 64;
const WARM_UP: Plan = { sequentialMs: 800, rampMs: 750, concurrentMs: 1_500, inFlight: IN_FLIGHT };
/** A slow peer answers in waves of as many as are in flight: the time must be long enough for several. */
const ROUND: Plan = { ...WARM_UP, concurrentMs: 3_000 };
const root = fileURLToPath(new URL('../..', import.meta.url));
const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

const running = new Set<RoleProcess>();

/** What ships is measured: the packages are built, the children run the built files. */
function build(): void {
  const projects = ['packages/client', 'packages/server', 'relay'];
  execFileSync('node_modules/.bin/tsc', ['-b', ...projects], { cwd: root, stdio: ['ignore', 2, 2] });
}

/** Returns the client of each peer, connected to its own server. */
async function startPeers(): Promise<Record<Peer, RoleProcess>> {
  const started = (role: RoleProcess): void => void running.add(role);
  const start = (file: URL, ...values: string[]): ReturnType<typeof RoleProcess.start> =>
    RoleProcess.start(file, values, started);
  const { where: relay } = await start(new URL('./relay-process.ts', import.meta.url));
  const [ours, contextvm, http] = await Promise.all([
    start(new URL('./ours-server.ts', import.meta.url), relay).then(({ where }) =>
      start(new URL('./ours-client.ts', import.meta.url), where),
    ),
    start(new URL('./contextvm-server.ts', import.meta.url), relay).then(({ where }) =>
      start(new URL('./contextvm-client.ts', import.meta.url), where, relay),
    ),
    start(new URL('./http-server.ts', import.meta.url)).then(({ where }) =>
      start(new URL('./http-client.ts', import.meta.url), where),
    ),
  ]);
  return { ours: ours.role, contextvm: contextvm.role, http: http.role };
}

/** The peers take turns, so that what else the machine does hits all alike. Only one of them works at a time. */
async function run(): Promise<Report> {
  const clients = await startPeers();
  const rounds: Record<Peer, Measurement[]> = { ours: [], contextvm: [], http: [] };
  for (const peer of peers) await clients[peer].measure(WARM_UP);
  for (let round = 0; round < ROUNDS; round++) {
    for (const peer of peers) rounds[peer].push(await clients[peer].measure(ROUND));
    if (process.stderr.isTTY) process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  return makeReport(rounds, IN_FLIGHT);
}

/** Puts the table where the markers of the page are. */
function writePage(report: Report): void {
  const between = /(<!-- bench -->\n)[^]*?(\n<!-- \/bench -->)/;
  const text = readFileSync(page, 'utf8');
  if (!between.test(text)) throw new Error('docs/benchmarks.md has no <!-- bench --> markers');
  writeFileSync(
    page,
    text.replace(
      between,
      (_, before: string, after: string) => `${before}\n${formatMarkdown(report)}\n${after}`,
    ),
  );
}

function killAll(): void {
  for (const role of running) role.kill();
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
process.on('exit', killAll);
try {
  build();
  const report = await run();
  console.log(values.json ? JSON.stringify(report, undefined, 2) : formatTable(report));
  if (values.write) writePage(report);
  const missed = missedBars(report);
  for (const line of missed) console.error(`below the bar: ${line}`);
  if (missed.length > 0) process.exitCode = 1;
} finally {
  killAll();
}
