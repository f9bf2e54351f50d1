import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { askHidden, canAsk } from '../ask.ts';
import { isMounted, readSecretFile } from '../key-file.ts';
import { hideSecret } from '../log/redact.ts';
import { keyError } from './key-error.ts';

/** What systemd's `LoadCredential=` has to be called for us to find it. */
const PASSWORD_CREDENTIAL = 'mcp-nostr-password';
/** Longer is no password that anybody has typed, and a file of this size is another one. */
const MAX_PASSWORD_BYTES = 1_024;

/**
 * The password of encrypted keys from where no person is needed. There is no variable for the password itself: a file can
 * be given everywhere that a variable can, and programs that are started do not have it.
 */
export async function passwordFromFile(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const path = passwordFile(env);
  if (path === undefined) return undefined;
  const hint = 'MCP_NOSTR_PASSWORD_FILE names it';
  const text = await readSecretFile(path, { sort: 'password file', hint, isGuarded: isMounted(path, env) });
  if (text === undefined) throw keyError(`there is no password file ${path}`, hint);
  // The line feed at the end is the editor's.
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    throw keyError(`the password file ${path} holds no password`);
  hideSecret(password);
  return password;
}

function passwordFile(env: NodeJS.ProcessEnv): string | undefined {
  const path = env['MCP_NOSTR_PASSWORD_FILE'] ?? '';
  if (path !== '') return path;
  const folder = env['CREDENTIALS_DIRECTORY'] ?? '';
  const credential = join(folder, PASSWORD_CREDENTIAL);
  return folder !== '' && existsSync(credential) ? credential : undefined;
}

/** @throws {CliError} where nobody can be asked */
export async function askPassword(shown: string): Promise<string> {
  if (!canAsk())
    throw keyError(
      `${shown} is encrypted, and there is no terminal to ask for its password on`,
      'MCP_NOSTR_PASSWORD_FILE names a file that holds it, or a systemd credential mcp-nostr-password',
    );
  const password = await askHidden(`Password of ${shown}`);
  hideSecret(password);
  return password;
}

/** Asked for twice; empty where the person wants none. */
export async function askNewPassword(message: string): Promise<string> {
  for (;;) {
    const password = await askHidden(message);
    if (password === '') return '';
    hideSecret(password);
    if ((await askHidden('The same again')) === password) return password;
    process.stderr.write('the two are not the same\n');
  }
}
