import { describe, expect, it } from 'vitest';

import { DROP, make, NOW_SECONDS, OURS, refused, THEIRS } from './doorkeeper.test.support.ts';
import { limits } from './limits.ts';

describe('what shows a grant that does not count', () => {
  const refusal = 'grant_expired';

  it('is told so where it asks, whoever its author is, and nothing is opened', () => {
    const { open, visit, state } = make();
    expect(open({ refusal })).toEqual(refused('grant_expired'));
    expect(visit({ refusal, link: { control: 'probe', instance: THEIRS } })).toEqual(
      refused('grant_expired'),
    );
    expect(visit({ refusal, link: { sequence: 3, instance: OURS } })).toEqual(DROP);
    expect(visit({ refusal, link: { control: 'ack', instance: OURS } })).toEqual(DROP);
    expect(open({ refusal, isRepeat: true })).toEqual(DROP);
    expect(open({ refusal, link: { control: 'bye' } })).toEqual(DROP);
    expect(state.rooms).toBe(0);
  });

  it('and is not of the present learns the time first: by the right one its grant may count', () => {
    const { open, visit } = make();
    expect(open({ refusal, createdAt: NOW_SECONDS - 121 })).toEqual(refused('clock'));
    expect(visit({ refusal, createdAt: NOW_SECONDS - 121, link: { control: 'probe' } })).toEqual(DROP);
  });

  it('does not touch a connection that is open', () => {
    expect(make().visit({ refusal, isKnown: true, link: { sequence: 3, instance: OURS } })).toEqual({
      kind: 'deliver',
    });
  });

  it('earns no more than other refusals', () => {
    const { open } = make();
    const flood = (pubkey: (n: number) => string): number =>
      Array.from({ length: 200 }, (_, n) => open({ refusal, pubkey: pubkey(n) })).filter(
        ({ kind }) => kind === 'answer',
      ).length;
    expect(flood(() => 'one')).toBe(limits.refusalsPerKeyBurst);
    expect(flood((n) => `${n}`)).toBe(limits.refusalBurst - limits.refusalsPerKeyBurst);
  });

  it('leaves known keys their share of what is told, though it be that a revocation was taken', () => {
    const { open } = make({ strangersShare: 0.5 });
    const flood = (isOfKnown: boolean): number =>
      Array.from({ length: 200 }, (_, n) =>
        open({ refusal: 'revoked', pubkey: `${isOfKnown} ${n}`, isOfKnown }),
      ).filter(({ kind }) => kind === 'answer').length;
    expect(flood(false)).toBe(limits.refusalBurst / 2);
    expect(flood(true)).toBe(limits.refusalBurst / 2);
  });

  it('and is not told so where the operator has chosen silence; a revocation was taken, and says so', () => {
    const { open } = make({ refusals: 'silent' });
    expect(open({ refusal })).toEqual(DROP);
    expect(open({ refusal: 'revoked' })).toEqual(refused('revoked'));
  });
});
