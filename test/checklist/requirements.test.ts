import { describe, expect, it } from 'vitest';

import { legacySpec, modernSpec } from './citations.ts';
import { type ItemId, items } from './items.ts';
import type { CheckedElsewhere, Requirement } from './requirement.ts';
import { requirements } from './requirements/index.ts';
import { faultsOf } from './review.ts';
import { titlesIn } from './titles.ts';

it('is cited, unique, complete and checked somewhere: each requirement', () => {
  expect(faultsOf(requirements, titlesIn)).toEqual([]);
});

describe('what is wrong with requirements', () => {
  const good = (Object.keys(items) as ItemId[]).map((item): CheckedElsewhere => ({
    id: `of ${item}`,
    item,
    text: 'is kept',
    era: 'legacy',
    cites: [legacySpec('basic')],
    provenBy: [{ file: 'some.test.ts', test: 'works' }],
  }));
  const titles = (file: string): string[] | undefined => (file === 'some.test.ts' ? ['works'] : undefined);
  const faultsWith = (change: Partial<CheckedElsewhere>): string[] => {
    const [first, ...rest] = good;
    return faultsOf([{ ...first, ...change } as Requirement, ...rest], titles);
  };

  it('is nothing where all is well', () => {
    expect(faultsWith({})).toEqual([]);
  });

  it.each<[string, Partial<CheckedElsewhere>, RegExp]>([
    ['no citation', { cites: [] }, /nothing is cited/],
    ['a link to anywhere', { cites: ['https://example.org/basic'] }, /no link to a specification/],
    ['no link', { cites: ['basic'] }, /no link to a specification/],
    ['a malformed link', { cites: [`${legacySpec('basic')}?x`] }, /no link to a specification/],
    [
      'an unknown revision',
      { cites: ['https://modelcontextprotocol.io/specification/2025-11-26/basic'] },
      /no revision 2025-11-26/,
    ],
    ['an unknown page', { cites: [legacySpec('basic/patterns/mrtr')] }, /has no page/],
    ['only the other era', { cites: [modernSpec('basic')] }, /nothing of the legacy era/],
    ['only one of both eras', { era: 'both' }, /nothing of the modern era/],
    ['the id of another', { id: good[1]?.id ?? '' }, /used twice/],
    ['no line of its own', { item: good[1]?.item ?? 'tasks' }, /the line has no requirement/],
    ['no proof', { provenBy: [] }, /nothing proves it/],
    ['a proof in no file', { provenBy: [{ file: 'none.test.ts', test: 'works' }] }, /there is no file/],
    ['no such test', { provenBy: [{ file: 'some.test.ts', test: 'fails' }] }, /has no test "fails"/],
  ])('is %s', (_, change, fault) => {
    expect(faultsWith(change)).toEqual([expect.stringMatching(fault)]);
  });

  it('is an empty list of ways or pairs', () => {
    const base = { ...good[0], provenBy: undefined, run: async () => {} };
    const { provenBy: _, ...run } = { ...base, ways: [], pairs: [] };
    expect(faultsOf([run as unknown as Requirement, ...good.slice(1)], titles)).toHaveLength(2);
  });
});
