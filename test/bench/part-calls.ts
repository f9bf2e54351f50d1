import { type Part, type Start, tell } from './part.ts';
import { LABELS, startContextvm, startHttp, startOurs, startRelay } from './peers.ts';
import type { Plan, QuickCalls } from './quick-calls.ts';
import { medianOf, roundTo } from './stats.ts';

const ROUNDS = 4;
const IN_FLIGHT = 64;
const WARM_UP: Plan = { sequentialMs: 800, rampMs: 750, concurrentMs: 1_500, inFlight: IN_FLIGHT };
/** A slow peer answers in waves of as many as are in flight: the time must be long enough for several. */
const ROUND: Plan = { ...WARM_UP, concurrentMs: 3_000 };

/** A tool call is to take at most a fifth of ContextVM's time, and five times as many are to fit in a second. */
const MIN_CONTEXTVM_RATIO = 5;
/** What many calls save by sharing events is to outweigh relay, signatures and encryption. The aim is 5. */
const MIN_HTTP_CALLS_RATIO = 2;

const peers = ['ours', 'contextvm', 'http'] as const;
type Peer = (typeof peers)[number];

interface Calls extends Record<keyof QuickCalls, Record<Peer, number>> {
  /** How many times better than the named peer ours is; below 1: worse. */
  ratios: Record<'roundTrip' | 'callsPerSecond', Record<Exclude<Peer, 'ours'>, number>>;
  inFlight: number;
  /** What the figures are the medians of. */
  rounds: Record<Peer, QuickCalls[]>;
}

export const callsHead = ['', 'round trip', 'ours is', `calls/s, ${IN_FLIGHT} in flight`, 'ours is'];

/** Many small calls: how long one takes, and how many there are in a second. */
export const callsPart: Part<Calls> = {
  name: 'quick calls',
  timeoutMs: 120_000,
  run: measureCalls,
  missedBars,
  rows,
};

/** The peers take turns, so that what else the machine does hits all alike. Only one of them works at a time. */
async function measureCalls(start: Start): Promise<Calls> {
  const relay = await startRelay(start);
  const [ours, contextvm, http] = await Promise.all([
    startOurs(start, relay.where),
    startContextvm(start, relay.where),
    startHttp(start),
  ]);
  const clients = { ours: ours.client, contextvm: contextvm.client, http: http.client };
  const rounds: Record<Peer, QuickCalls[]> = { ours: [], contextvm: [], http: [] };
  for (const peer of peers) await clients[peer].do('quickCalls', WARM_UP);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const peer of peers) rounds[peer].push(await clients[peer].do('quickCalls', ROUND));
    tell(`  round ${round} of ${ROUNDS}`);
  }
  return summary(rounds);
}

function summary(rounds: Record<Peer, QuickCalls[]>): Calls {
  const each = (figure: keyof QuickCalls, digits: number): Record<Peer, number> => {
    const of = (peer: Peer): number => medianOf(rounds[peer], (round) => round[figure], digits);
    return { ours: of('ours'), contextvm: of('contextvm'), http: of('http') };
  };
  const time = each('roundTripMs', 2);
  const rate = each('callsPerSecond', 0);
  const faster = (peer: Peer): number => roundTo(time[peer] / time.ours, 2);
  const more = (peer: Peer): number => roundTo(rate.ours / rate[peer], 2);
  return {
    roundTripMs: time,
    callsPerSecond: rate,
    ratios: {
      roundTrip: { contextvm: faster('contextvm'), http: faster('http') },
      callsPerSecond: { contextvm: more('contextvm'), http: more('http') },
    },
    inFlight: IN_FLIGHT,
    rounds,
  };
}

function missedBars({ ratios: { roundTrip, callsPerSecond } }: Calls): string[] {
  const missed: string[] = [];
  const check = (what: string, ratio: number, peer: string, bar: number): void => {
    if (ratio < bar) missed.push(`${what}: ${ratio} times as good as ${peer}, the bar is ${bar}`);
  };
  check('round trip', roundTrip.contextvm, 'ContextVM', MIN_CONTEXTVM_RATIO);
  check('calls per second', callsPerSecond.contextvm, 'ContextVM', MIN_CONTEXTVM_RATIO);
  check('calls per second', callsPerSecond.http, 'Streamable HTTP', MIN_HTTP_CALLS_RATIO);
  return missed;
}

function rows({ roundTripMs, callsPerSecond, ratios }: Calls): string[][] {
  return peers.map((peer) => [
    LABELS[peer],
    `${roundTripMs[peer].toFixed(2)} ms`,
    peer === 'ours' ? '' : `${ratios.roundTrip[peer].toFixed(2)}x`,
    String(callsPerSecond[peer]),
    peer === 'ours' ? '' : `${ratios.callsPerSecond[peer].toFixed(2)}x`,
  ]);
}
