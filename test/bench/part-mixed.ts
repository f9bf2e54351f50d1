import { type Part, type Start, tell } from './part.ts';
import { LABELS, type Pair, startContextvm, startOurClient, startOurServer, startRelay } from './peers.ts';
import type { Plan, QuickCalls } from './quick-calls.ts';
import { medianOf, roundTo } from './stats.ts';

const ROUNDS = 4;
const IN_FLIGHT = 64;
/** Their end needs long to answer as many as are in flight. */
const ROUND: Plan = { sequentialMs: 800, rampMs: 750, concurrentMs: 3_000, inFlight: IN_FLIGHT };

const pairs = ['theirs', 'ourClient', 'ourServer'] as const;
type PairName = (typeof pairs)[number];

const labels: Record<PairName, string> = {
  theirs: `${LABELS.contextvm} at both ends`,
  ourClient: 'our client, their server',
  ourServer: 'their client, our server',
};

type Mixed = Record<PairName, QuickCalls>;

export const mixedHead = [
  'without the link',
  'round trip',
  'of theirs',
  `calls/s, ${IN_FLIGHT} in flight`,
  'of theirs',
];

/** The same quick calls with one of our ends and one of theirs, beside two of theirs. */
export const mixedPart: Part<Mixed> = {
  name: 'quick calls between us and ContextVM',
  timeoutMs: 240_000,
  run: measureMixed,
  missedBars: () => [],
  rows,
};

/** They take turns, so that what else the machine does hits all alike. */
async function measureMixed(start: Start): Promise<Mixed> {
  const { where } = await startRelay(start);
  const started: Record<PairName, Pair> = {
    theirs: await startContextvm(start, where),
    ourClient: await startOurClient(start, where),
    ourServer: await startOurServer(start, where),
  };
  const rounds: Record<PairName, QuickCalls[]> = { theirs: [], ourClient: [], ourServer: [] };
  for (const name of pairs) await started[name].client.do('quickCalls', ROUND); // to warm up
  for (let round = 1; round <= ROUNDS; round++) {
    for (const name of pairs) rounds[name].push(await started[name].client.do('quickCalls', ROUND));
    tell(`  round ${round} of ${ROUNDS}`);
  }
  const medians = (name: PairName): QuickCalls => ({
    roundTripMs: medianOf(rounds[name], ({ roundTripMs }) => roundTripMs, 2),
    callsPerSecond: medianOf(rounds[name], ({ callsPerSecond }) => callsPerSecond, 0),
  });
  return { theirs: medians('theirs'), ourClient: medians('ourClient'), ourServer: medians('ourServer') };
}

function rows(mixed: Mixed): string[][] {
  return pairs.map((name) => {
    const { roundTripMs, callsPerSecond } = mixed[name];
    const time = roundTo(mixed.theirs.roundTripMs / roundTripMs, 2).toFixed(2);
    const rate = roundTo(callsPerSecond / mixed.theirs.callsPerSecond, 2).toFixed(2);
    const isTheirs = name === 'theirs';
    return [
      labels[name],
      `${roundTripMs.toFixed(2)} ms`,
      isTheirs ? '' : `${time}x`,
      String(callsPerSecond),
      isTheirs ? '' : `${rate}x`,
    ];
  });
}
