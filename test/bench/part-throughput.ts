import type { FetchPlan } from './fetch-all.ts';
import { RESULT_BYTES } from './large-text.ts';
import type { Memory } from './memory.ts';
import { type Part, type Start, tell } from './part.ts';
import { type Pair, startHttp, startOurs, startRelay } from './peers.ts';
import { medianOf, roundTo } from './stats.ts';

const ROUNDS = 3;
const CLIENTS = 10;
const PLAN: FetchPlan = { resultsPerClient: 10, bytes: RESULT_BYTES, inFlight: 2 };
const ROUND_BYTES = CLIENTS * PLAN.resultsPerClient * PLAN.bytes;
/**
 * Twenty results are under way at once, each for a moment as text, as JSON and as what goes over the wire, and Node
 * collects its garbage late. A server that kept what it has sent would grow by the 300 MB of three rounds.
 */
const MAX_RSS_GROWTH_BYTES = 256e6;

const peers = ['ours', 'http'] as const;
type Peer = (typeof peers)[number];

interface Throughput {
  clients: number;
  /** In each round. */
  bytes: number;
  megabytesPerSecond: Record<Peer, number>;
  /** Of the server's process, over all rounds. */
  memory: Record<Peer, Memory>;
  rssGrowthBytes: Record<Peer, number>;
  roundsMs: Record<Peer, number[]>;
}

/** Large results for many clients at once, and what that takes of the server's memory. */
export const throughputPart: Part<Throughput> = {
  name: 'large results to many clients',
  timeoutMs: 90_000,
  run: measureThroughput,
  missedBars: ({ rssGrowthBytes: { ours } }) =>
    ours <= MAX_RSS_GROWTH_BYTES
      ? []
      : [
          `memory of the server: ${megabytes(ours)} more at its peak, the bar is ${megabytes(MAX_RSS_GROWTH_BYTES)}`,
        ],
  rows,
};

async function measureThroughput(start: Start): Promise<Throughput> {
  const relay = await startRelay(start);
  const [ours, http] = await Promise.all([startOurs(start, relay.where, CLIENTS), startHttp(start, CLIENTS)]);
  const pairs: Record<Peer, Pair> = { ours, http };
  const roundsMs: Record<Peer, number[]> = { ours: [], http: [] };
  for (const peer of peers) await pairs[peer].server.do('watchMemory', undefined);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const peer of peers) roundsMs[peer].push(roundTo(await pairs[peer].client.do('fetchAll', PLAN), 1));
    tell(`  round ${round} of ${ROUNDS}`);
  }
  const memory = {
    ours: await ours.server.do('memory', undefined),
    http: await http.server.do('memory', undefined),
  };
  return {
    clients: CLIENTS,
    bytes: ROUND_BYTES,
    megabytesPerSecond: { ours: rate(roundsMs.ours), http: rate(roundsMs.http) },
    memory,
    rssGrowthBytes: { ours: growth(memory.ours), http: growth(memory.http) },
    roundsMs,
  };
}

function rate(roundsMs: number[]): number {
  return medianOf(roundsMs, (ms) => ROUND_BYTES / 1e6 / (ms / 1000), 1);
}

function growth({ rssBeforeBytes, rssPeakBytes }: Memory): number {
  return rssPeakBytes - rssBeforeBytes;
}

function rows({ clients, bytes, megabytesPerSecond, memory, rssGrowthBytes }: Throughput): string[][] {
  const { ours, http } = megabytesPerSecond;
  const change = ({ heapBeforeBytes, heapAfterBytes }: Memory): string =>
    `${megabytes(heapBeforeBytes)} -> ${megabytes(heapAfterBytes)}`;
  return [
    [
      `${Math.round(bytes / 1e6)} MB to ${clients} clients`,
      `${ours.toFixed(1)} MB/s`,
      `${http.toFixed(1)} MB/s`,
      `${(ours / http).toFixed(2)}x`,
      '',
    ],
    [
      "the server's memory before (RSS)",
      megabytes(memory.ours.rssBeforeBytes),
      megabytes(memory.http.rssBeforeBytes),
      '',
      '',
    ],
    [
      'more at its peak',
      megabytes(rssGrowthBytes.ours),
      megabytes(rssGrowthBytes.http),
      '',
      `at most ${megabytes(MAX_RSS_GROWTH_BYTES)}`,
    ],
    ['its heap before and after', change(memory.ours), change(memory.http), '', ''],
  ];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
