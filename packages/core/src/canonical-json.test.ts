import { describe, expect, it } from 'vitest';

import { canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('sorts members by the UTF-16 code units of their names, as RFC 8785 has it', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6', '10', '9'];
    const value = Object.fromEntries(names.map((name, index) => [name, index]));
    const sorted = ['\\r', '1', '10', '9', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
    const found = canonicalJson(value).match(/"([^"]*)":/g);
    expect(found).toEqual(sorted.map((name) => `"${name}":`));
  });

  it('writes numbers and texts as ECMAScript does', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0],
      text: '€$\u000f\nA\'"\\/',
    };
    expect(canonicalJson(value)).toBe(
      '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"text":"€$\\u000f\\nA\'\\"\\\\/"}',
    );
  });

  it('is the same for objects nested in arrays, and for members that are not there', () => {
    expect(canonicalJson([{ b: [{ d: 1, c: null }], a: undefined }])).toBe('[{"b":[{"c":null,"d":1}]}]');
  });
});
