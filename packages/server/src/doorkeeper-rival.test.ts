import { describe, expect, it } from 'vitest';

import { make, NOW_SECONDS, reset, THEIRS } from './doorkeeper.test.support.ts';

describe('a frame for another process with our key', () => {
  const theirs = { sequence: 3, instance: THEIRS };

  it('is not executed, and earns a reset', () => {
    expect(make().visit({ link: theirs })).toEqual(reset('unknown'));
  });

  it('of a connection that was opened here too leaves that unused', () => {
    const { visit } = make();
    const answer = { control: 'reset', detail: 'unknown', acknowledged: 0 };
    expect(visit({ link: theirs, isKnown: true })).toEqual({ kind: 'leave', answer });
    expect(visit({ link: theirs, isKnown: true })).toEqual({ kind: 'leave', answer: undefined });
  });

  it('does not concern a farewell of a client that has heard nobody', () => {
    const bye = { sequence: 1, control: 'bye' as const };
    expect(make().visit({ link: bye, isKnown: true })).toEqual({ kind: 'deliver' });
    expect(make().visit({ link: { sequence: 1 }, isKnown: true }).kind).toBe('leave');
    expect(make().visit({ link: { ...bye, instance: THEIRS }, isKnown: true }).kind).toBe('leave');
  });

  it('shows a rival with the 6th reset after which its client was served, and says so once a minute', () => {
    const { visit, state } = make();
    const createdAt = NOW_SECONDS + 40;
    const work = (acknowledged: number): void => {
      visit({ link: { ...theirs, acknowledged }, createdAt });
      state.now += 1_000;
    };
    for (let n = 0; n <= 5; n++) work(n);
    expect(state.rivals).toEqual([]);
    work(6);
    expect(state.rivals).toEqual([THEIRS]);
    for (let n = 7; n <= 65; n++) work(n);
    expect(state.rivals).toHaveLength(1);
    state.now += 1_001;
    work(66);
    expect(state.rivals).toHaveLength(2);
  });

  it('shows none where the client asks again and again, and nobody answers', () => {
    const { visit, state } = make();
    for (let n = 0; n <= 40; n++) {
      visit({ link: { ...theirs, control: 'probe', acknowledged: 3 }, createdAt: NOW_SECONDS + 40 });
      state.now += 1_000;
    }
    expect(state.rivals).toEqual([]);
  });

  it.each([
    [998, [THEIRS]],
    [1_000, []],
  ])(
    'counts the resets of the 1,000 connections that were reset last: %i others later it shows %j',
    (others, rivals) => {
      const { visit, state } = make();
      const createdAt = NOW_SECONDS + 40;
      for (let n = 0; n <= 5; n++) {
        visit({ link: { ...theirs, acknowledged: n }, createdAt });
        state.now += 1_000;
      }
      for (let n = 1; n <= others; n++) {
        state.now += 50;
        expect(visit({ link: theirs, createdAt, key: `${n}` })).toEqual(reset('unknown'));
      }
      state.now += 1_000;
      visit({ link: { ...theirs, acknowledged: 6 }, createdAt });
      expect(state.rivals).toEqual(rivals);
    },
  );

  it('shows none where the client merely has not heard yet', () => {
    const { visit, state } = make();
    const createdAt = NOW_SECONDS + 5;
    for (let ms = 0; ms < 10_000; ms += 500) {
      visit({ link: theirs, createdAt });
      state.now += 500;
    }
    expect(state.rivals).toEqual([]);
  });

  it('shows none where the process is another than the one before', () => {
    const { visit, state } = make();
    visit({ link: theirs });
    state.now += 20_000;
    visit({ link: { ...theirs, instance: 'a'.repeat(16) } });
    expect(state.rivals).toEqual([]);
  });
});
