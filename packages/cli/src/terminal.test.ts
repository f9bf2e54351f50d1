import { expect, it } from 'vitest';

import { formatBytes, formatDuration, harmless, oneLine } from './terminal.ts';

it('takes from text what a terminal would obey', () => {
  expect(harmless('a\u001b[2Jb\u0007\r\u009bc\u202ed\n\te')).toBe('a[2Jbcd\n\te');
  expect(oneLine('  a\n\n b\u001b[31m  ', 20)).toBe('a b[31m');
  expect(oneLine('0123456789', 5)).toBe('0123…');
});

it('writes amounts for people', () => {
  expect([3.4, 1_234, 125_000].map(formatDuration)).toEqual(['3 ms', '1.2 s', '2 min 5 s']);
  expect([312, 5_240, 1_400_000].map(formatBytes)).toEqual(['312 B', '5.2 kB', '1.4 MB']);
});
