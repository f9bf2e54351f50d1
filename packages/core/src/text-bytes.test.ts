import { describe, expect, it } from 'vitest';

import { escapedBytes, escapedEnd, utf8Bytes } from './text-bytes.ts';

const TEXTS = [
  '',
  'plain',
  '"\\',
  '\u007f\u0080\u07ff\u0800\uffff',
  'ü€🌍',
  '👩‍👩‍👧',
  '{"a":"\\"ü\\n"}',
  '\ud7ff\ue000',
  'two\nlines',
];

function inJson(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

describe('the bytes of a text', () => {
  it.each(TEXTS)('are those of UTF-8: %j', (text) => {
    expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
  });

  it.each(TEXTS)('inside JSON are those of a string there: %j', (text) => {
    expect(escapedBytes(text)).toBe(inJson(text));
  });
});

describe('a slice', () => {
  it.each(TEXTS)('is never longer than asked for, never empty, and cuts no pair: %j', (text) => {
    for (let start = 0; start < text.length; start++)
      for (let maxBytes = 4; maxBytes <= 24; maxBytes++) {
        if (/^[\udc00-\udfff]/.test(text.slice(start))) continue;
        const end = escapedEnd(text, start, maxBytes);
        expect(end).toBeGreaterThan(start);
        const slice = text.slice(start, end);
        expect(inJson(slice)).toBeLessThanOrEqual(maxBytes);
        expect(slice).not.toMatch(/\p{Surrogate}/u);
      }
  });

  it.each(['a', '"', 'ü', '€', '\u{1f600}', 'a"ü€\u{1f600}'])(
    'of a text of one kind is nearly as long as asked for: %s',
    (piece) => {
      const text = piece.repeat(20_000);
      const bytes = inJson(text.slice(0, escapedEnd(text, 0, 10_000)));
      expect(bytes).toBeGreaterThan(9_900);
    },
  );

  it('makes the text up again, slice for slice', () => {
    const text = TEXTS.join('').repeat(50);
    const slices: string[] = [];
    for (let start = 0; start < text.length;) {
      const end = escapedEnd(text, start, 7);
      slices.push(text.slice(start, end));
      start = end;
    }
    expect(slices.join('')).toBe(text);
  });
});
