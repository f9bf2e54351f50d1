import { expect, it } from 'vitest';

import { visible } from './visible.ts';

it.each([
  ['a\u200bb', 'a\\u{200b}b'],
  ['\u202eevil', '\\u{202e}evil'],
  ['\u001b[2J', '\\u{1b}[2J'],
  ['tag \u{e0041}\u{e0042}', 'tag \\u{e0041}\\u{e0042}'],
  ['\u00a0\u3164\ufe0f\u{e0100}\u115f', '\\u{a0}\\u{3164}\\u{fe0f}\\u{e0100}\\u{115f}'],
  ['\ud800', '\\u{d800}'],
  ['line\u2028', 'line\\u{2028}'],
  ['seen: ä € 漢 \u{1f600}\n\tnext', 'seen: ä € 漢 \u{1f600}\n\tnext'],
])('everything in %j is seen', (text, shown) => {
  expect(visible(text)).toBe(shown);
});
