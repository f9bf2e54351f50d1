import { mkdir, writeFile } from 'node:fs/promises';

import { pageFiles } from './page-files.ts';

// Writes the page to `dist`, for any web server that serves files.
const folder = new URL('dist/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const { name, body } of await pageFiles()) {
  await writeFile(new URL(name, folder), body);
  console.log(`${name}: ${Math.ceil(body.byteLength / 1024)} KiB`);
}
