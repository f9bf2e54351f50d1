import { readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../../docs/benchmarks.md', import.meta.url);

/** Puts the tables where the markers of the page are. */
export function writePage(markdown: string): void {
  const between = /(<!-- bench -->\n)[^]*?(\n<!-- \/bench -->)/;
  const text = readFileSync(page, 'utf8');
  if (!between.test(text)) throw new Error('docs/benchmarks.md has no <!-- bench --> markers');
  writeFileSync(
    page,
    text.replace(between, (_, before: string, after: string) => `${before}\n${markdown}\n${after}`),
  );
}
