import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { bundleCli, cliFolder } from './bundle-cli.ts';

export interface BuiltCli {
  /** The program. */
  file: string;
  bytes: number;
  gzipBytes: number;
}

/** Puts the program and its notice where package.json says that they are. */
export async function buildCli(): Promise<BuiltCli> {
  const { script, notice } = await bundleCli();
  const folder = join(cliFolder, 'dist');
  const file = join(folder, 'mcp-nostr.js');
  await mkdir(folder, { recursive: true });
  // Whole at any time: somebody may be running or packing the one before.
  const next = `${file}.${process.pid}`;
  await writeFile(next, script, { mode: 0o755 });
  await rename(next, file);
  await writeFile(join(folder, 'THIRD-PARTY.txt'), notice);
  return { file, bytes: script.byteLength, gzipBytes: gzipSync(script, { level: 9 }).byteLength };
}
