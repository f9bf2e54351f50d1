import { describe, expect, it } from 'vitest';

import { make, OPEN, OURS, refused, reset, THEIRS } from './doorkeeper.test.support.ts';
import type { Verdict } from './doorkeeper.ts';
import { type Policy, policyOf } from './policy.ts';

/** How many of so many tries are answered. */
function answered(tries: number, attempt: (n: number) => Verdict): number {
  return Array.from({ length: tries }, (_, n) => attempt(n)).filter(({ kind }) => kind === 'answer').length;
}

describe('what a flood earns', () => {
  it('is at most 40 refusals at once and 20 a second', () => {
    const { open, state } = make({ policy: policyOf([]) });
    const flood = (): number => answered(200, (n) => open({ key: `${n}`, pubkey: `stranger ${n}` }));
    expect(flood()).toBe(40);
    state.now += 1_000;
    expect(flood()).toBe(20);
  });

  it('is at most 10 refusals at once and 2 a second for one key, so that others hear theirs', () => {
    const { open, state } = make({ policy: policyOf([]) });
    const flood = (): number => answered(200, (n) => open({ key: `${n}`, pubkey: 'flooding' }));
    expect(flood()).toBe(10);
    state.now += 1_000;
    expect(flood()).toBe(2);
    expect(open({ pubkey: 'other' })).toEqual(refused('not_allowed'));
  });

  it('is at most 40 resets at once and 20 a second, and refusals take none of them', () => {
    const { open, visit, state } = make({
      policy: {
        permit: ({ pubkey }) => (pubkey === 'stranger' ? { code: 'not_allowed' } : { isKnown: false }),
      },
    });
    for (let n = 0; n < 100; n++) open({ key: `${n}`, pubkey: 'stranger' });
    let keys = 0;
    const flood = (): number =>
      Array.from({ length: 200 }, () =>
        visit({ key: `reset ${keys++}`, link: { sequence: 1, instance: OURS } }),
      ).filter(({ kind }) => kind === 'answer').length;
    expect(flood()).toBe(40);
    state.now += 1_000;
    expect(flood()).toBe(20);
  });

  it('is at most 200 connections at once and 50 a second', () => {
    const { open, state } = make();
    const flood = (): number =>
      Array.from({ length: 400 }, (_, n) => open({ key: `${n}` })).filter(({ kind }) => kind === 'open')
        .length;
    expect(flood()).toBe(200);
    state.now += 1_000;
    expect(flood()).toBe(50);
    expect(state.rooms).toBe(250);
  });
});

describe('what strangers take', () => {
  const policy: Policy = { permit: ({ pubkey }) => ({ isKnown: pubkey.startsWith('known') }) };
  const door = (options: Parameters<typeof make>[0] = {}): ReturnType<typeof make> =>
    make({ policy, strangersShare: 0.75, ...options });
  const opened = (verdict: Verdict): boolean => verdict.kind === 'open';

  it('of openings leaves a quarter for known keys', () => {
    const { open, state } = door();
    const flood = (who: string): number =>
      Array.from({ length: 400 }, (_, n) => open({ key: `${who} ${n}`, pubkey: who })).filter(opened).length;
    expect([flood('stranger'), flood('known')]).toEqual([150, 50]);
    state.now += 1_000;
    expect([flood('stranger'), flood('known')]).toEqual([37, 13]);
    // And known keys can have all.
    state.now += 10_000;
    expect([flood('known'), flood('stranger')]).toEqual([200, 0]);
  });

  it('of refusals leaves a quarter for known keys', () => {
    const { open } = door({ makeRoom: () => false });
    expect(answered(100, (n) => open({ key: `${n}`, pubkey: `stranger ${n}` }))).toBe(30);
    expect(answered(100, (n) => open({ key: `${n}`, pubkey: `known ${n}` }))).toBe(10);
  });

  it('of resets leaves a quarter for known keys: they learn of a restart', () => {
    const { visit } = door();
    const link = { sequence: 3, instance: THEIRS };
    expect(answered(100, (n) => visit({ key: `${n}`, pubkey: 'stranger', link }))).toBe(30);
    expect(visit({ key: 'known', pubkey: 'known', link })).toEqual(reset('unknown'));
  });

  it('of what is remembered of early farewells leaves a quarter for known keys', () => {
    const { visit, open } = door();
    const link = { sequence: 1, control: 'bye', detail: 'closed' } as const;
    for (let n = 0; n < 400; n++) visit({ key: `stranger ${n}`, pubkey: 'stranger', link });
    visit({ key: 'known', pubkey: 'known', link });
    expect(open({ key: 'stranger 399', pubkey: 'stranger' })).toEqual(OPEN);
    expect(open({ key: 'known', pubkey: 'known' })).toEqual(reset('ended'));
  });
});
