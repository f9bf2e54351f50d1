import type { Weather } from './network.ts';

/** What one run is made of; all of it follows from the seed. */
export interface Scenario {
  weathers: Weather[];
  /** Difference of each side's clock from the time of day, in seconds. */
  clientSkewSeconds: number[];
  serverSkewSeconds: number;
  /** In plain text a repetition is signed anew. */
  isWrapped: boolean;
  /** MCP 2026-07-28: there is no handshake, and nothing to take up again. */
  isStateless: boolean;
  /** Whether clients know the server's process from its announcement, and of which time that is. */
  announced: 'not' | 'present' | 'stale';
  /** Milliseconds of the run at which the server is started anew, and at which a client is. */
  serverRestarts: number[];
  /** How long it takes until the server is there again. */
  maxDownMs: number;
  clientRestarts: number[];
  /** At which the server lets a connection go. */
  evictions: number[];
  messagesPerClient: number;
  /** Messages are sent within this time. */
  busyMs: number;
  maxSignMs: number;
  frameBytes: number;
}

/** No loss: what is lost is sent again, so a failure can only be the link's. */
export function isFair(scenario: Scenario): boolean {
  const { weathers, serverRestarts, clientRestarts, evictions, announced } = scenario;
  // What tells that an opening to a process of the past was not executed may get lost.
  if (announced === 'stale' && weathers.some(({ loss, silentOk }) => loss + silentOk > 0)) return false;
  const isGood = ({ loss, congested, away }: Weather): boolean =>
    loss <= 0.1 && congested === 0 && away.length === 0;
  return weathers.every(isGood) && serverRestarts.length + clientRestarts.length + evictions.length === 0;
}

export function makeScenario(random: () => number): Scenario {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const between = (from: number, to: number): number => from + random() * (to - from);
  const busyMs = pick([2_000, 10_000, 40_000]);
  const times = (probability: number, most: number): number[] =>
    random() < probability
      ? Array.from({ length: 1 + Math.floor(random() * most) }, () => between(0, busyMs))
      : [];
  const makeWeather = (): Weather => ({
    loss: pick([0, 0, 0.05, 0.2, 0.5]),
    repeat: pick([0, 0.1, 0.5]),
    minDelayMs: pick([0, 1, 20]),
    maxDelayMs: pick([20, 50, 300]),
    silentOk: pick([0, 0, 0.2, 1]),
    congested: pick([0, 0, 0, 0.1]),
    away: times(0.4, 3).map((from) => [from, from + between(200, 8_000)]),
  });
  const skew = (): number => Math.round(pick([0, 0, between(-5, 5), between(-400, 400)]));
  const clients = pick([1, 1, 2]);
  return {
    weathers: Array.from({ length: pick([1, 2]) }, makeWeather),
    clientSkewSeconds: Array.from({ length: clients }, skew),
    serverSkewSeconds: skew(),
    isWrapped: random() < 0.8,
    isStateless: random() < 0.3,
    serverRestarts: times(0.25, 2),
    maxDownMs: 2_000,
    clientRestarts: times(0.15, 1),
    evictions: times(0.25, 3),
    messagesPerClient: Math.ceil(between(200, 210) / clients),
    busyMs,
    maxSignMs: pick([0, 1, 20]),
    frameBytes: pick([2_600, 8_192, 40_960]),
    announced: pick(['not', 'not', 'present', 'present', 'stale']),
  };
}
