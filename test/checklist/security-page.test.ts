import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { titlesIn } from './titles.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('SECURITY.md', root), 'utf8');
const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  scripts: Record<string, string>;
};
const [, table = ''] = /^## Threats$(.*?)^## /ms.exec(page) ?? [];
/** Without the head. */
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2);
const citations = [...table.matchAll(/`([\w./-]+\.ts)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

describe('SECURITY.md', () => {
  it('names tests that there are', () => {
    expect(citations.filter(({ file, title }) => titlesIn(file)?.includes(title) !== true)).toEqual([]);
  });

  it('has a test in every row, and beside each what we do', () => {
    const cells = rows.map((row) => row.split(' | '));
    expect(cells.filter(({ length }) => length !== 3)).toEqual([]);
    expect(cells.filter(([, , shown = '']) => !/`[\w./-]+\.test\.ts` "/.test(shown))).toEqual([]);
  });

  it('speaks of each threat that has to be spoken of', () => {
    const threats = [
      'stranger',
      'invited but hostile caller',
      'hostile relay',
      'hostile server',
      'stolen invite',
      'stolen session key',
      'replay',
      'downgrade',
      'flood',
      'oversized',
      'clock games',
      'leaks',
      'confused bridge',
      'DNS rebinding',
    ];
    const named = rows.map((row) => (/\*\*(.*?)\*\*/.exec(row)?.[1] ?? '').toLowerCase());
    expect(named).toEqual(expect.arrayContaining(threats.map((threat) => threat.toLowerCase())));
  });

  it('names scripts that there are', () => {
    const named = [...page.matchAll(/`npm (?:run )?([\w:]+)/g)].map(([, script = '']) => script);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});
