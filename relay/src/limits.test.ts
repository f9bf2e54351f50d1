import { expect, test } from 'vitest';

import { defaultLimits, resolveLimits } from './limits.ts';

test('what is not given keeps its default', () => {
  expect(resolveLimits({ maxFilters: 7 })).toEqual({ ...defaultLimits, maxFilters: 7 });
});

test.each([0, -1, 1.5, Number.NaN, Infinity])('a limit of %s is refused with its name', (value) => {
  expect(() => resolveLimits({ maxFilters: value })).toThrow(
    expect.objectContaining({ code: 'bad_option', message: expect.stringContaining('maxFilters') }),
  );
});

test('an unknown limit is refused, not ignored', () => {
  const misspelt: object = { maxFilter: 7 };
  expect(() => resolveLimits(misspelt)).toThrow(expect.objectContaining({ code: 'bad_option' }));
});
