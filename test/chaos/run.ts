import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { seededRandom } from '../helpers/random.ts';
import { type Cast, startCast } from './cast.ts';
import { killAllChildren } from './child.ts';
import type { Evidence, PhaseRules } from './evidence.ts';
import { Faults } from './faults.ts';
import { planFaults } from './plan.ts';
import { type ChaosReport, makeReport, type PhaseRun } from './report.ts';
import { judge } from './verdict.ts';

export interface ChaosOptions {
  seed: number;
  /** Of chaos, both phases together; the calm after each comes on top. */
  seconds: number;
  /** No faults: what is found then is wrong without any. */
  isCalm?: boolean;
  /** @default 200,000 */
  largeAnswerBytes?: number;
  /** Between two calls of one worker, of which a client has three. @default 600 */
  maxPauseMs?: number;
  /** Each with five clients. @default 4 */
  clientProcesses?: number;
  onprogress?: (line: string) => void;
}

interface Phase extends Omit<PhaseRules, 'mayBeUnreachable'> {
  share: number;
  killsServer: boolean;
}

const phases: readonly Phase[] = [
  { name: 'the server lives', share: 2 / 3, killsServer: false, mayFail: false },
  { name: 'the server dies', share: 1 / 3, killsServer: true, mayFail: true },
];
/** A call that has not settled when everything was up for so long hangs. */
const SETTLE_LIMIT_MS = 90_000;
const LAST_CALL_LIMIT_MS = 30_000;
/** After 10 s without a relay a client says so; planned are 5 s at most, and a busy machine makes more of them. */
const UNREACHABLE_AFTER_MS = 8_000;

/** Runs all phases and judges them. Leaves nothing behind, whatever happens. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, seconds, largeAnswerBytes = 200_000, maxPauseMs = 600, clientProcesses = 4 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-chaos-'));
  const cleanUp = (): void => {
    killAllChildren();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', cleanUp);
  let cast: Cast | undefined;
  try {
    cast = await startCast(folder, { seed, largeAnswerBytes, maxPauseMs, clientProcesses });
    const random = seededRandom(seed);
    const runs: PhaseRun[] = [];
    for (const phase of phases) runs.push(await runPhase(phase, cast, random, options));
    const evidence = await collect(cast, runs);
    return makeReport({ seed, seconds, runs, evidence, violations: judge(evidence) });
  } finally {
    await cast?.close();
    process.off('exit', cleanUp);
    cleanUp();
  }
}

async function runPhase(
  phase: Phase,
  cast: Cast,
  random: () => number,
  { seconds, isCalm = false, onprogress = () => {} }: ChaosOptions,
): Promise<PhaseRun> {
  const { name, mayFail, killsServer, share } = phase;
  const durationMs = seconds * 1_000 * share;
  const plan = planFaults({ durationMs, relayCount: cast.relays.length, killsServer, random });
  const faults = new Faults(cast, random);
  onprogress(`${name}: ${Math.round(durationMs / 1_000)} s`);
  await cast.tellClients({ type: 'work', phase: name }, 0);
  if (!isCalm) faults.begin(plan);
  await sleep(durationMs);
  await faults.end();
  const calmFromMs = performance.now();
  onprogress(`${name}: calm`);
  await cast.tellClients({ type: 'rest', limitMs: SETTLE_LIMIT_MS }, SETTLE_LIMIT_MS);
  const calmMs = Math.round(performance.now() - calmFromMs);
  await cast.tellClients({ type: 'last call', limitMs: LAST_CALL_LIMIT_MS }, LAST_CALL_LIMIT_MS);
  const mayBeUnreachable = faults.counts.longestDarkMs > UNREACHABLE_AFTER_MS;
  return { name, mayFail, mayBeUnreachable, calmMs, ...faults.counts };
}

async function collect(cast: Cast, runs: readonly PhaseRun[]): Promise<Evidence> {
  const reports = await cast.reports();
  return {
    phases: runs,
    clients: cast.clientNames,
    calls: reports.flatMap(({ calls }) => calls),
    incidents: [...reports.flatMap(({ incidents }) => incidents), ...cast.incidents],
    lastCalls: reports.flatMap(({ lastCalls }) => lastCalls),
    executions: readFileSync(cast.executionsFile, 'utf8').split('\n').slice(0, -1),
  };
}
