import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { isMounted, type KeyName } from '../key-file.ts';
import { chosenKey } from './chosen-key.ts';
import { findKey, keyPath } from './key-folder.ts';
import { keyError } from './key-error.ts';
import { isKeyName, parseKeyName, refuseKeyItself } from './key-name.ts';
import { secretVariable } from './secret-variables.ts';

/** Where a key is to be found. */
export type KeySource = KeyFileSource | { kind: 'text'; text: string; shown: string };

interface KeyFileSource {
  kind: 'file';
  path: string;
  /** What it is called, if it is a stored key. */
  name?: string;
  /** A missing one is made: nobody has said that it is there. */
  isMade: boolean;
  /** The role's own, or the one that was chosen for it: whoever asks later may find another. */
  isOwn?: boolean;
  /** Who put the file there guards its folder and not its mode. */
  isGuarded?: boolean;
  shown: string;
}

export interface KeyQuestion {
  /** `--key`: the name of a stored key, or a path. */
  given?: string | undefined;
  /** Whose key is meant where nothing says otherwise. */
  role: KeyName;
  env?: NodeJS.ProcessEnv;
}

/** What systemd's `LoadCredential=` has to be called for us to find it. */
const KEY_CREDENTIAL = 'mcp-nostr-key';

/**
 * Where the key is: what the command line says, else the environment, else the name that was chosen, else the role's
 * own, which alone is made when it is missing (as is a path of `--key`).
 * @throws {CliError} when what is named is not there
 */
export function findKeySource({ given, role, env = process.env }: KeyQuestion): KeySource {
  if (given !== undefined) return fromOption(given, env);
  return fromEnvironment(env) ?? fromRole(role, env);
}

/** @throws {CliError} for a key itself, and for a name that no key has */
function fromOption(given: string, env: NodeJS.ProcessEnv): KeySource {
  refuseKeyItself(given);
  if (isPath(given)) return { kind: 'file', path: given, isMade: true, shown: given };
  return stored(parseKeyName(given), env, '--key');
}

/** What `--key` says, before anything is opened. @throws {CliError} for what is neither a name nor a path */
export function checkKeyOption(given: string | undefined): void {
  if (given === undefined) return;
  refuseKeyItself(given);
  if (!isPath(given)) parseKeyName(given);
}

/** A name has none of these characters. */
function isPath(text: string): boolean {
  return /[/\\.]/.test(text);
}

function fromEnvironment(env: NodeJS.ProcessEnv): KeySource | undefined {
  const name = env['MCP_NOSTR_KEY'] ?? '';
  if (name !== '') {
    if (!isKeyName(name))
      throw keyError('MCP_NOSTR_KEY holds no name of a key', 'a key in a file: MCP_NOSTR_SECRET_KEY_FILE');
    return stored(name, env, 'MCP_NOSTR_KEY');
  }
  for (const variable of ['MCP_NOSTR_SECRET_KEY_FILE', 'NOSTR_SECRET_KEY_FILE']) {
    const path = env[variable] ?? '';
    if (path !== '') return { ...mounted(path, env), shown: `${path}, named by ${variable}` };
  }
  const folder = env['CREDENTIALS_DIRECTORY'] ?? '';
  const credential = join(folder, KEY_CREDENTIAL);
  if (folder !== '' && existsSync(credential))
    return { ...mounted(credential, env), shown: `the credential ${KEY_CREDENTIAL}` };
  for (const variable of ['NOSTR_SECRET_KEY', 'MCP_NOSTR_BUNKER'] as const) {
    const text = secretVariable(env, variable);
    if (text !== undefined) return { kind: 'text', text, shown: variable };
  }
  return undefined;
}

function fromRole(role: KeyName, env: NodeJS.ProcessEnv): KeyFileSource {
  const chosen = chosenKey(role, env);
  const source =
    chosen === undefined ? ownOf(role, env) : stored(chosen, env, `chosen with key use --for ${role}`);
  return { ...source, isOwn: true };
}

function ownOf(role: KeyName, env: NodeJS.ProcessEnv): KeyFileSource {
  const found = findKey(role, env);
  const path = found ?? keyPath(role, 'file', env);
  return { kind: 'file', path, name: role, isMade: found === undefined, shown: path };
}

/** A key that somebody has named: it is there, or it is a mistake. */
function stored(name: string, env: NodeJS.ProcessEnv, says: string): KeyFileSource {
  const path = findKey(name, env);
  if (path !== undefined) return { kind: 'file', path, name, isMade: false, shown: path };
  if (name === 'server' || name === 'client') return ownOf(name, env);
  throw keyError(
    `there is no key called ${name} (${says})`,
    `mcp-nostr key list shows those there are, mcp-nostr key new ${name} makes it; a file is named by a path: ./${name}`,
  );
}

/** Named by whoever started us. */
function mounted(path: string, env: NodeJS.ProcessEnv): KeyFileSource {
  return { kind: 'file', path, isMade: false, isGuarded: isMounted(path, env), shown: path };
}
