import { readFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { KeyName } from '../key-file.ts';
import { replaceFile } from '../write-file.ts';
import { keyError } from './key-error.ts';
import { keysFolder } from './key-folder.ts';
import { isKeyName } from './key-name.ts';

/** One small file for each role, so that nobody has to read before writing: `client.use` holds a name. */
function chosenPath(role: KeyName, env: NodeJS.ProcessEnv): string {
  return join(keysFolder(env), `${role}.use`);
}

/** The name that `key use` has set for a role; undefined where the role's own name is meant. */
export function chosenKey(role: KeyName, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = chosenPath(role, env);
  let name: string;
  try {
    name = readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
  if (!isKeyName(name))
    throw keyError(`${path} holds no name of a key`, `mcp-nostr key use <name> --for ${role}`);
  return name === role ? undefined : name;
}

export async function chooseKey(
  role: KeyName,
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const path = chosenPath(role, env);
  if (name !== role) return replaceFile(path, `${name}\n`);
  await unlink(path).catch((error: unknown) => {
    if (chosenKey(role, env) !== undefined) throw error;
  });
}
