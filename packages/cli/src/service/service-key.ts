import { usageError } from '../errors.ts';
import { findKeySource, type KeySource } from '../keys/key-source.ts';
import { readStoredKey } from '../keys/read-secret-key.ts';

/** Where the key of a command is; undefined for one that has none, or several. */
function keySourceOf(words: readonly string[], env: NodeJS.ProcessEnv): KeySource | undefined {
  const [command] = words;
  const end = words.indexOf('--');
  const options = words.slice(0, end === -1 ? undefined : end);
  if (command === 'relay' || options.some((word) => /^--config(=|$)/.test(word))) return undefined;
  const at = options.findIndex((word) => /^--key(=|$)/.test(word));
  const given = at === -1 ? undefined : (/^--key=(.*)$/.exec(options[at] ?? '')?.[1] ?? options[at + 1]);
  return findKeySource({ given, role: command === 'serve' ? 'server' : 'client', env });
}

/** A service that started with another key than this shell would be another server. @throws {CliError} */
export function refuseKeyOfShell(words: readonly string[], env: NodeJS.ProcessEnv): void {
  const source = keySourceOf(words, env);
  if (source?.kind !== 'text') return;
  throw usageError(
    `the key is in ${source.shown}, which a service does not have`,
    'keep it under a name, and name that: mcp-nostr key import <name>, --key <name>',
  );
}

/** What has to be done so that a service, which starts where nobody can be asked, can open its key. */
export async function adviceOnKey(
  words: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const source = keySourceOf(words, env);
  const stored = source === undefined ? undefined : await readStoredKey(source);
  const move = `mcp-nostr key move ${source?.kind === 'file' ? (source.name ?? '<name>') : '<name>'} --store file`;
  if (stored?.store === 'keychain')
    return `its key is in the keychain, which has to be unlocked before it starts; or: ${move}`;
  if (stored?.store === 'encrypted' && (env['MCP_NOSTR_PASSWORD_FILE'] ?? '') === '')
    return `its key is encrypted: it needs MCP_NOSTR_PASSWORD_FILE, or the credential mcp-nostr-password; or: ${move}`;
  return undefined;
}
