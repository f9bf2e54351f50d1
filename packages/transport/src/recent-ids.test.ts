import { describe, expect, it } from 'vitest';

import { RecentIds } from './recent-ids.ts';

describe('RecentIds', () => {
  it('surely knows the last ids', () => {
    const ids = new RecentIds(10);
    for (let n = 0; n < 1000; n++) {
      ids.add(`id ${n}`);
      for (let age = 0; age < Math.min(10, n + 1); age++) expect(ids.has(`id ${n - age}`)).toBe(true);
    }
  });

  it('forgets what is older than twice its size', () => {
    const ids = new RecentIds(10);
    for (let n = 0; n < 1000; n++) ids.add(`id ${n}`);
    const known = Array.from({ length: 1000 }, (_, n) => `id ${n}`).filter((id) => ids.has(id));
    expect(known.length).toBeLessThanOrEqual(20);
  });

  it('does not know what was never added, and is not filled by repeats', () => {
    const ids = new RecentIds(2);
    ids.add('first');
    for (let n = 0; n < 100; n++) ids.add('again');
    expect(ids.has('first')).toBe(true);
    expect(ids.has('never')).toBe(false);
  });
});
