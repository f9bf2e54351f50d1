import { describe, expect, it } from 'vitest';

import { seededRandom } from '../helpers/random.ts';
import { type Fault, planFaults } from './plan.ts';

function plan(seed: number, durationMs: number, killsServer: boolean): Fault[] {
  return planFaults({ durationMs, relayCount: 2, killsServer, random: seededRandom(seed) });
}

const seeds = Array.from({ length: 10 }, (_, seed) => seed);

describe('a plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(plan(1, 60_000, true)).toEqual(plan(1, 60_000, true));
    expect(plan(2, 60_000, true)).not.toEqual(plan(1, 60_000, true));
  });

  it.each(seeds)('takes all relays at least once even in a short phase, seed %i', (seed) => {
    const all = plan(seed, 8_000, false).filter((each) => each.type === 'relays down');
    expect(all.some(({ relays }) => relays.length === 2)).toBe(true);
  });

  it.each(seeds)('cuts connections before it takes a relay, seed %i', (seed) => {
    expect(plan(seed, 8_000, false)[0]?.type).toBe('cut');
  });

  it.each(seeds)('kills the server only where it is to, and then even in a short phase, seed %i', (seed) => {
    const kills = (faults: Fault[]): number => faults.filter(({ type }) => type === 'server down').length;
    expect(kills(plan(seed, 4_000, true))).toBeGreaterThan(0);
    expect(kills(plan(seed, 40_000, true))).toBeGreaterThan(3);
    expect(kills(plan(seed, 40_000, false))).toBe(0);
  });

  it.each(seeds)('lets a relay come back before the next outage, seed %i', (seed) => {
    const outages = plan(seed, 80_000, false).filter((each) => each.type === 'relays down');
    const ends = outages.map(({ atMs, downMs }) => atMs + downMs);
    const calmMs = outages.slice(1).map(({ atMs }, index) => atMs - (ends[index] ?? 0));
    expect(Math.min(...calmMs)).toBeGreaterThanOrEqual(1_000);
  });
});
