import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { titlesIn } from './titles.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/hosts.md', root), 'utf8');
/** Each is a point with the proof below it. */
const points = page.slice(0, page.indexOf('## Not here')).split(/^- /m).slice(1);
const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Titles of tests, or names of checks with programs of others. */
function namesIn(file: string): readonly string[] {
  if (!file.startsWith('test/programs/')) return titlesIn(file) ?? [];
  const text = readFileSync(new URL(file, root), 'utf8');
  return [...text.matchAll(/^ {4}name: '(.*)',$/gm)].map(([, name = '']) => name);
}

const citations = [...page.matchAll(/`([\w./-]+\.ts)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

describe('docs/hosts.md', () => {
  it('names tests that there are', () => {
    const wrong = citations.filter(({ file, title }) => {
      const names = namesIn(file);
      return !title.split(' > ').every((part) => names.includes(part)) && !names.includes(title);
    });
    expect(wrong).toEqual([]);
  });

  it('names scripts that there are', () => {
    const named = [...page.matchAll(/`npm run ([\w:]+)`/g)].map(([, script = '']) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  it('proves each of its points', () => {
    expect(points.length).toBeGreaterThan(30);
    expect(points.filter((point) => !/`[\w./-]+\.ts` "/.test(point))).toEqual([]);
  });
});
