import { cp, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { isRecord } from '@mcp-nostr/core';

import { ourFolder } from '../../folders.ts';
import { keysFolder, storeOf } from '../key-folder.ts';

/**
 * Copies of this program, which hosts and services start, find no native module beside them: where a key is in the
 * keychain it is copied to where Node looks for it from there, `programs/node_modules`. What cannot be copied is missed
 * by the program that needs it, which says so.
 */
export async function provideKeychainModule(
  script: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const keys = await readdir(keysFolder(env)).catch(() => []);
  if (!keys.some((file) => storeOf(file) === 'keychain')) return;
  const target = join(ourFolder('data', env), 'programs', 'node_modules');
  try {
    for (const [name, folder] of moduleFolders(script))
      await cp(folder, join(target, name), { recursive: true, dereference: true });
  } catch {
    // said above
  }
}

/** The module and the part of it that is for this system, as they are installed for a program. */
function moduleFolders(script: string): [name: string, folder: string][] {
  const name = '@napi-rs/keyring';
  const manifest = createRequire(script).resolve(`${name}/package.json`);
  const inside = createRequire(manifest);
  const content: unknown = inside(manifest);
  const parts =
    isRecord(content) && isRecord(content['optionalDependencies']) ? content['optionalDependencies'] : {};
  const present = Object.keys(parts).flatMap((part): [string, string][] => {
    try {
      return [[part, dirname(inside.resolve(`${part}/package.json`))]];
    } catch {
      return []; // It is for another system.
    }
  });
  return [[name, dirname(manifest)], ...present];
}
