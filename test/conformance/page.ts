import { readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../../docs/conformance.md', import.meta.url);

/** Puts the table where the markers of the page are. */
export function writePage(markdown: string): void {
  const between = /(<!-- conformance -->\n)[^]*?(\n<!-- \/conformance -->)/;
  const text = readFileSync(page, 'utf8');
  if (!between.test(text)) throw new Error('docs/conformance.md has no <!-- conformance --> markers');
  writeFileSync(
    page,
    text.replace(between, (_, before: string, after: string) => `${before}\n${markdown}\n${after}`),
  );
}
