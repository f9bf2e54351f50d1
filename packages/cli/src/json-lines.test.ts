import { expect, it } from 'vitest';

import { formatLine, LineReader } from './json-lines.ts';

function reader(maxLineBytes?: number): { reader: LineReader; lines: string[]; tooLong: () => number } {
  const lines: string[] = [];
  let tooLong = 0;
  const made = new LineReader({
    online: (line) => lines.push(line),
    ontoolong: () => (tooLong += 1),
    ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
  });
  return { reader: made, lines, tooLong: () => tooLong };
}

it('puts lines together from chunks that cut characters in two', () => {
  const { reader: lineReader, lines } = reader();
  const bytes = Buffer.from('{"a":"žluťoučký 🐎"}\r\n\n{"b":1}\nrest');
  for (const byte of bytes) lineReader.push(Buffer.from([byte]));
  expect(lines).toEqual(['{"a":"žluťoučký 🐎"}', '{"b":1}']);
  lineReader.end();
  expect(lines[2]).toBe('rest');
});

it('skips a line that is too long, once, and goes on with the next', () => {
  const { reader: lineReader, lines, tooLong } = reader(10);
  lineReader.push(Buffer.from('0123456789\n'));
  lineReader.push(Buffer.from('01234'));
  lineReader.push(Buffer.from('567890'));
  lineReader.push(Buffer.from('x'.repeat(1_000)));
  lineReader.push(Buffer.from('x\nnext\n'));
  expect(lines).toEqual(['0123456789', 'next']);
  expect(tooLong()).toBe(1);
});

it.each([1, 7, 600, 100_000])('tells how a skipped line begins and ends, from chunks of %i bytes', (size) => {
  const skipped: string[] = [];
  const lineReader = new LineReader({
    online: () => {},
    ontoolong: () => {},
    onskipped: (head, tail) => skipped.push(`${head}${tail}`),
    maxLineBytes: 3_000,
  });
  const digits = Array.from({ length: 5_000 }, (_, index) => index % 10).join('');
  const bytes = Buffer.from(`short\n${digits}\n${digits}`);
  for (let at = 0; at < bytes.length; at += size) lineReader.push(bytes.subarray(at, at + size));
  expect(skipped).toEqual([digits.slice(0, 512) + digits.slice(-512)]);
  lineReader.end();
  expect(skipped).toHaveLength(2);
});

it('writes one line however many are inside', () => {
  const line = formatLine({ text: 'a\nb\r\u2028c' });
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual({ text: 'a\nb\r\u2028c' });
});
