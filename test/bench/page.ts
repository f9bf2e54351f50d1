import { readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../../docs/benchmarks.md', import.meta.url);

/** Puts the tables between the markers of that name on the page. */
export function writePage(name: 'bench' | 'load' | 'idle', markdown: string): void {
  const between = new RegExp(`(<!-- ${name} -->\\n)[^]*?(\\n<!-- /${name} -->)`);
  const text = readFileSync(page, 'utf8');
  if (!between.test(text)) throw new Error(`docs/benchmarks.md has no <!-- ${name} --> markers`);
  writeFileSync(
    page,
    text.replace(between, (_, before: string, after: string) => `${before}\n${markdown}\n${after}`),
  );
}
