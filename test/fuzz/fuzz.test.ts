/* oxlint-disable typescript/unbound-method -- each is called with its own this */
import { afterEach, describe, expect, it, vi } from 'vitest';

import { Glob } from '../../packages/core/src/filter/glob.ts';
import { Parts } from '../../packages/transport/src/link/parts.ts';
import { Connection } from '../../relay/src/connection.ts';
import { newSeed } from '../helpers/random.ts';
import { describe as describeFailure } from './plan.ts';
import { work } from './shift.ts';
import type { Subject, Target } from './target.ts';
import { targets } from './targets/index.ts';

const seed = newSeed();

afterEach(() => void vi.restoreAllMocks());

describe('what a stranger sends', () => {
  it.each(targets)('breaks no promise of ours: $name', async (target) => {
    const failure = await work(target, { seed, cases: 100, slowMs: 10_000 });
    expect(failure && describeFailure(failure)).toBeUndefined();
  });
});

describe('the fuzzer', () => {
  /** What is found in a few cases of a target of ours. */
  const found = (name: string) => {
    const target = targets.find((each) => each.name === name);
    if (target === undefined) throw new Error(`there is no ${name}`);
    return work(target, { seed: 1, cases: 500, patience: 10, maxGrowthBytes: Infinity });
  };
  const made = (take: Subject['take']): Target => ({
    name: 'made',
    weight: 1,
    open: () => ({ samples: [{ a: [1, { b: 'text' }] }], take }),
  });

  it('notices an error that a parser does not declare', async () => {
    vi.spyOn(Glob.prototype, 'matches').mockImplementation(function (this: Glob) {
      if (this.text.includes('\u0000')) throw new TypeError('a fault of ours');
      return true;
    });
    expect(await found('glob')).toMatchObject({ reason: expect.stringContaining('a fault of ours') });
  });

  it('notices what is thrown into a handler of the relay, although the relay goes on', async () => {
    vi.spyOn(Connection.prototype, 'hasRoom').mockImplementation(() => {
      throw new TypeError('a fault of ours');
    });
    expect(await found('relay')).toMatchObject({ reason: expect.stringContaining('a fault of ours') });
  });

  it('notices memory that outlives its connection', async () => {
    vi.spyOn(Parts.prototype, 'close').mockReturnValue(undefined);
    expect(await found('link')).toMatchObject({ reason: expect.stringMatching(/^\d+ bytes (are|outlive)/) });
  });

  it('notices a heap that grows', async () => {
    const kept: unknown[] = [];
    // More by far than what others in this process give back in the meantime.
    const leak = made((text) => void kept.push(Array.from({ length: 50_000 }, () => text.length)));
    const failure = await work(leak, { seed, cases: 100, slowMs: 10_000, maxGrowthBytes: 1_000_000 });
    expect(failure).toMatchObject({ reason: expect.stringMatching(/the heap has grown by \d+ bytes/) });
  });

  it('notices what takes too long', async () => {
    const slow = made((text) => {
      const before = process.cpuUsage();
      while (text.includes('null') && process.cpuUsage(before).user < 10_000);
    });
    const failure = await work(slow, { seed: 1, cases: 500, slowMs: 8, patience: 0 });
    expect(failure).toMatchObject({ reason: expect.stringMatching(/^it took \d+ ms/) });
  });

  it('says how a case is done again, and gives the least of it that fails', async () => {
    const broken = made((text) => {
      if (text.includes('null')) throw new TypeError('a fault of ours');
    });
    const failure = await work(broken, { seed: 1, cases: 500 });
    expect(failure).toMatchObject({ text: 'null', reason: 'a fault of ours' });
    expect(failure && describeFailure(failure)).toContain(`--seed 1 --case ${failure?.case}`);
  });

  it('does the same again for the same seed', async () => {
    const taken: string[] = [];
    const listing = made((text) => void taken.push(text));
    for (let round = 0; round < 2; round++) await work(listing, { seed: 3, cases: 20 });
    await work(listing, { seed: 3, from: 5, cases: 1 });
    expect(taken.slice(20, 40)).toEqual(taken.slice(0, 20));
    expect(taken[40]).toBe(taken[5]);
  });
});
