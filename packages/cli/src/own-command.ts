import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { ourFolder } from './folders.ts';
import { provideKeychainModule } from './keys/keychain/provide-module.ts';
import { replaceFile } from './write-file.ts';

/** How this very program can be started by somebody else: without a shell, and without a PATH. */
export interface OwnCommand {
  command: string;
  /** What comes before our own arguments; the program is the last of it. */
  args: string[];
  /** A program that lies where caches are cleaned is to be copied from here to where `args` say. */
  copyFrom?: string;
}

/** What Node says of the running process. */
export interface RunningProgram {
  execPath: string;
  execArgv: readonly string[];
  script: string;
}

/** This process. npm's links to programs are followed: they may change what they point to. */
export function runningProgram(): RunningProgram {
  const { execPath, execArgv, argv } = process;
  return { execPath, execArgv, script: realpathSync(argv[1] ?? '') };
}

/** Puts the copy in its place, if there has to be one. */
export async function provideProgram({ copyFrom, args }: OwnCommand): Promise<void> {
  const copy = args.at(-1);
  if (copyFrom === undefined || copy === undefined) return;
  await replaceFile(copy, await readFile(copyFrom));
  await provideKeychainModule(copyFrom);
}

/** Programs that run a package without installing it keep it in a folder of this name: npx, pnpm dlx, bunx. */
const cacheFolder = /[/\\](_npx|dlx|dlx-[^/\\]+|bunx-[^/\\]+)[/\\]/;

/** Whether a program lies where it may be cleaned away. */
export function isCached(script: string): boolean {
  return cacheFolder.test(script);
}

/**
 * The absolute command of this program in this version. Not `npx mcp-nostr@…`: applications with a window have no PATH on
 * which npx would find Node, and npx may ask the registry at every start.
 */
export function ownCommand(
  version: string,
  running: RunningProgram,
  user: ProgramUser,
  env: NodeJS.ProcessEnv = process.env,
): OwnCommand {
  const { execPath, execArgv, script } = running;
  const command = lastingNode(execPath);
  if (!isCached(script)) return { command, args: [...execArgv, script] };
  const copy = join(programFolder(user, env), `mcp-nostr-${version}.mjs`);
  return { command, args: [...execArgv, copy], copyFrom: script };
}

/** Who is going to start it: hosts whose configurations are known here, or anyone. */
export type ProgramUser = 'hosts' | 'anyone';

/** Where copies lie. Those for hosts are apart, because only of them can be told when nobody needs them any more. */
export function programFolder(user: ProgramUser, env: NodeJS.ProcessEnv = process.env): string {
  const folder = join(ourFolder('data', env), 'programs');
  return user === 'hosts' ? join(folder, 'hosts') : folder;
}

/** Homebrew removes the folder of a version at the next update; its `opt` folder stays. */
function lastingNode(execPath: string): string {
  const [, prefix, formula] = /^(.*)\/Cellar\/([^/]+)\/[^/]+\/bin\/node$/.exec(execPath) ?? [];
  const lasting = prefix === undefined ? undefined : `${prefix}/opt/${formula}/bin/node`;
  return lasting !== undefined && existsSync(lasting) ? lasting : execPath;
}

/** Whether this is the program as it is published: one file that needs nothing beside it. */
export function isOneFile(script: string): boolean {
  return /^mcp-nostr(-[\w.-]+)?\.m?js$/.test(basename(script));
}
