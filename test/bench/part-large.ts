import { RESULT_BYTES } from './large-text.ts';
import { type Part, type Start, tell } from './part.ts';
import { startHttp, startOurs, startRelay } from './peers.ts';
import { medianOf, roundTo } from './stats.ts';

const ROUNDS = 4;
/** Until both have been compiled: results of the first seconds take a quarter longer. */
const WARM_UP_MS = 4_000;
const ROUND_MS = 1_500;
/** Each byte is encrypted, hashed at three stations and passed on by the relay; HTTP only copies it. */
const MAX_HTTP_TIMES = 5;

const peers = ['ours', 'http'] as const;
type Peer = (typeof peers)[number];

interface Large {
  bytes: number;
  resultMs: Record<Peer, number>;
  /** How many times HTTP's time ours takes. */
  httpTimes: number;
  /** The median of each round. */
  roundsMs: Record<Peer, number[]>;
}

/** One large result after the other. */
export const largePart: Part<Large> = {
  name: 'large results',
  timeoutMs: 60_000,
  run: measureLarge,
  missedBars: ({ httpTimes }) =>
    httpTimes <= MAX_HTTP_TIMES
      ? []
      : [`large results: ${httpTimes} times the time of Streamable HTTP, the bar is ${MAX_HTTP_TIMES}`],
  rows: ({ bytes, resultMs, httpTimes }) => [
    [
      `result of ${bytes / 1e6} MB`,
      `${resultMs.ours.toFixed(1)} ms`,
      `${resultMs.http.toFixed(1)} ms`,
      `${(1 / httpTimes).toFixed(2)}x`,
      `at least ${1 / MAX_HTTP_TIMES}x`,
    ],
  ],
};

async function measureLarge(start: Start): Promise<Large> {
  const relay = await startRelay(start);
  const [ours, http] = await Promise.all([startOurs(start, relay.where), startHttp(start)]);
  const clients = { ours: ours.client, http: http.client };
  const roundsMs: Record<Peer, number[]> = { ours: [], http: [] };
  const measure = (peer: Peer, forMs: number): Promise<number> =>
    clients[peer].do('largeResults', { bytes: RESULT_BYTES, forMs });
  for (const peer of peers) await measure(peer, WARM_UP_MS);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const peer of peers) roundsMs[peer].push(roundTo(await measure(peer, ROUND_MS), 3));
    tell(`  round ${round} of ${ROUNDS}`);
  }
  const resultMs = { ours: middle(roundsMs.ours), http: middle(roundsMs.http) };
  return { bytes: RESULT_BYTES, resultMs, httpTimes: roundTo(resultMs.ours / resultMs.http, 2), roundsMs };
}

function middle(roundsMs: number[]): number {
  return medianOf(roundsMs, (ms) => ms, 2);
}
