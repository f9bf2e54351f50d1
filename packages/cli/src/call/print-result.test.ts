import { expect, it } from 'vitest';

import { bytesIn, formatResult, numberedPath } from './print-result.ts';
import { formatTools } from './print-tools.ts';
import { formatProgress } from './progress-line.ts';

const png = { type: 'image' as const, data: Buffer.alloc(5_200).toString('base64'), mimeType: 'image/png' };

it('prints text as text and bytes as what they are', () => {
  const content = [
    { type: 'text' as const, text: 'two\nlines' },
    png,
    { type: 'resource' as const, resource: { uri: 'a:b', blob: 'AAAA' } },
    { type: 'resource' as const, resource: { uri: 'a:c', text: 'inside' } },
    { type: 'resource_link' as const, uri: 'a:d', name: 'd', description: 'a link' },
  ];
  expect(formatResult({ content })).toBe(
    'two\nlines\n[image image/png, 5.2 kB]\n[resource a:b, 3 B]\ninside\n[resource a:d a link]\n',
  );
  expect(bytesIn(content).map((bytes) => bytes.length)).toEqual([5_200, 3]);
});

it('prints the structured content when there is no text', () => {
  expect(formatResult({ content: [], structuredContent: { a: 1 } })).toBe('{\n  "a": 1\n}\n');
  expect(formatResult({ content: [{ type: 'text', text: 'x' }], structuredContent: { a: 1 } })).toBe('x\n');
});

it('numbers the files of several', () => {
  expect([0, 1, 2].map((index) => numberedPath('/a.b/pic.png', index))).toEqual([
    '/a.b/pic.png',
    '/a.b/pic-2.png',
    '/a.b/pic-3.png',
  ]);
  expect(numberedPath('/a.b/pic', 1)).toBe('/a.b/pic-2');
});

it('lists tools, without what a terminal would obey', () => {
  const tools = [
    {
      name: 'echo',
      description: '\n  Echoes\u001b[2J back\nand more',
      inputSchema: { type: 'object' as const, properties: { text: { type: 'string' } }, required: ['text'] },
    },
    { name: 'ping', inputSchema: { type: 'object' as const } },
  ];
  expect(formatTools(tools, (_style, text) => text)).toBe(
    '  echo  text*: string\n        Echoes[2J back\n  ping\n',
  );
});

it('draws progress', () => {
  expect(formatProgress({ progress: 3, total: 5, message: 'half' })).toBe('▰▰▰▱▱ 3/5  half');
  expect(formatProgress({ progress: 30, total: 100 })).toBe(`${'▰'.repeat(6)}${'▱'.repeat(14)} 30/100`);
  expect(formatProgress({ progress: 7 })).toBe('7');
  expect(formatProgress({ progress: 9, total: 5 })).toBe('▰▰▰▰▰ 9/5');
});
