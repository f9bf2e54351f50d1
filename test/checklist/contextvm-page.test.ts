import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { titlesIn } from './titles.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/contextvm.md', root), 'utf8');
const citations = [...page.matchAll(/`([\w./-]+\.test\.ts)` "([^"]+)"/g)].map(
  ([, file = '', title = '']) => ({
    file,
    title,
  }),
);
const examples = 'test/interop/moving-over/';

/** Without what depends on where a line stands. */
const lines = (text: string): string => text.replaceAll(/^\s+|\s+$/gm, '');

describe('docs/contextvm.md', () => {
  it('names tests that there are', () => {
    expect(citations.length).toBeGreaterThan(15);
    expect(citations.filter(({ file, title }) => titlesIn(file)?.includes(title) !== true)).toEqual([]);
  });

  it('shows what a test runs', () => {
    const run = readdirSync(new URL(examples, root)).map((file) =>
      lines(readFileSync(new URL(`${examples}${file}`, root), 'utf8')),
    );
    const shown = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => lines(text));
    expect(shown).toHaveLength(4);
    expect(shown.filter((text) => !run.some((file) => file.includes(text)))).toEqual([]);
  });

  it('names scripts and files that there are', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...page.matchAll(/`npm run ([\w:]+)`/g)].map(([, script = '']) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
    const links = [...page.matchAll(/\]\((\.\.\/[^)#]+)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(5);
    for (const path of links) expect(() => readFileSync(new URL(`docs/${path}`, root))).not.toThrow();
  });
});
