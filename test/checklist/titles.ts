import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
/** A test begins with `it(…` or `it.each(…)(…`; its name is a literal and more follows. */
const TITLE = /\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1,/gs;

/** The names of the tests in a file; undefined where there is none. */
export function titlesIn(file: string): string[] | undefined {
  const path = fileURLToPath(new URL(file, root));
  if (!file.endsWith('.test.ts') || !existsSync(path)) return undefined;
  return [...readFileSync(path, 'utf8').matchAll(TITLE)].map(([, quote = '', title = '']) =>
    title.replaceAll(`\\${quote}`, quote),
  );
}
