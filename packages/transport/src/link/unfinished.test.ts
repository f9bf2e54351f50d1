import { describe, expect, it } from 'vitest';

import { linkLimits } from './limits.ts';
import { type Unfinished, UnfinishedMessages } from './unfinished.ts';

function message(gone: string[], name: string): Unfinished {
  return { bytes: 0, giveUp: () => gone.push(name) };
}

describe('unfinished messages', () => {
  it('are 64 MiB together at most, where nothing else is said', () => {
    expect(linkLimits.maxUnfinishedBytes).toBe(67_108_864);
    const gone: string[] = [];
    const all = new UnfinishedMessages();
    all.grow(message(gone, 'one'), 67_108_864);
    expect(gone).toEqual([]);
    all.grow(message(gone, 'other'), 1);
    expect(gone).toEqual(['one']);
  });

  it('that are too large together lose the largest, and it alone, whichever grew last', () => {
    const gone: string[] = [];
    const all = new UnfinishedMessages(100);
    const [small, large] = [message(gone, 'small'), message(gone, 'large')];
    all.grow(small, 20);
    all.grow(large, 80);
    all.grow(small, 1);
    expect(gone).toEqual(['large']);
    expect(all.bytes).toBe(21);
  });

  it('lose the one that grows when that is the largest', () => {
    const gone: string[] = [];
    const all = new UnfinishedMessages(100);
    const [one, other] = [message(gone, 'one'), message(gone, 'other')];
    all.grow(one, 50);
    all.grow(other, 50);
    all.grow(other, 1);
    expect(gone).toEqual(['other']);
    expect(all.bytes).toBe(50);
  });

  it('count no more once they are finished, however often that is said', () => {
    const all = new UnfinishedMessages(100);
    const one = message([], 'one');
    all.grow(one, 60);
    all.remove(one);
    all.remove(one);
    expect(all.bytes).toBe(0);
  });
});
