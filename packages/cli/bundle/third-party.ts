import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Manifest, readManifest } from './manifest.ts';

interface Package extends Manifest {
  /** Of its licence. */
  text: string;
}

/** What the licences of others ask for: their names and their texts beside the file that has their code in it. */
export async function thirdPartyNotice(paths: readonly string[], comments: string): Promise<string> {
  const folders = new Set(paths.map(packageFolder).filter((folder) => folder !== undefined));
  const packages = await Promise.all([...folders].sort().map(readPackage));
  const parts = packages
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}`);
  const head = 'mcp-nostr.js has code of these packages in it.';
  const rest = comments.trim() === '' ? [] : [`Notices in the code itself:\n\n${comments.trim()}`];
  return `${[head, ...parts, ...rest].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** Of a file in node_modules; none for our own. */
function packageFolder(path: string): string | undefined {
  return /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(path)?.[0];
}

async function readPackage(folder: string): Promise<Package> {
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)\b/i.test(entry));
  const text =
    file === undefined
      ? 'The package has no file with the text of its licence.'
      : await readFile(join(folder, file), 'utf8');
  return { ...(await readManifest(folder)), text: text.trim() };
}
