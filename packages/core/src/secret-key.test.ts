import { expect, it } from 'vitest';

import { parseSecretKey } from './secret-key.ts';

// NIP-19, section "Examples".
const nsec = 'nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5';
const hex = '67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa';

it('reads an nsec and its hex form as the same key', () => {
  expect(Buffer.from(parseSecretKey(nsec)).toString('hex')).toBe(hex);
  expect(Buffer.from(parseSecretKey(` ${nsec.toUpperCase()}\n`)).toString('hex')).toBe(hex);
  expect(Buffer.from(parseSecretKey(hex)).toString('hex')).toBe(hex);
});

it.each([
  ['one wrong character', nsec.replace('vl029', 'vl028')],
  ['a truncated nsec', nsec.slice(0, -1)],
  ['hex of 31 bytes', hex.slice(2)],
  ['zero', '0'.repeat(64)],
  ['a number above the order of the curve', 'f'.repeat(64)],
  ['nothing', ''],
])('refuses %s without repeating it', (_name, text) => {
  expect(() => parseSecretKey(text)).toThrow(expect.objectContaining({ code: 'bad_secret_key' }));
  expect(() => parseSecretKey(text)).not.toThrow(text === '' ? 'nothing' : text);
});
