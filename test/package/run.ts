import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { isRecord } from '@mcp-nostr/core';

/** The workspace's folder. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** Where the six published packages are. */
export const packageFolders: readonly string[] = [
  'packages/core',
  'packages/transport',
  'packages/client',
  'packages/server',
  'packages/cli',
  'relay',
];

/** Runs a program to its end. @throws with both of its outputs when it fails */
export async function run(command: string, args: readonly string[], folder = root): Promise<string> {
  // The condition under which the workspace runs its sources is not what an installed package meets.
  const { NODE_OPTIONS: _, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd: folder, env });
    return stdout;
  } catch (error) {
    const outputs = isRecord(error) ? [error['stdout'], error['stderr']].map(String) : [];
    throw new Error([`${command} ${args.join(' ')} failed`, ...outputs].join('\n'), { cause: error });
  }
}

/** A program of the workspace's own node_modules. */
export function bin(name: string): string {
  return join(root, 'node_modules/.bin', name);
}

/** Builds what ships, anew: the compiler leaves the output of a source that is gone. Runs once before these tests. */
export async function setup(): Promise<void> {
  await Promise.all(
    packageFolders.map((folder) => rm(join(root, folder, 'dist'), { recursive: true, force: true })),
  );
  await run(bin('tsc'), ['-b', ...packageFolders]);
}
