import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What a file is for decides where it lies: keys are data, what can be fetched again is cache. */
export type FolderKind = 'config' | 'data' | 'state' | 'cache';

const xdg: Record<FolderKind, readonly [variable: string, ...folder: string[]]> = {
  config: ['XDG_CONFIG_HOME', '.config'],
  data: ['XDG_DATA_HOME', '.local', 'share'],
  state: ['XDG_STATE_HOME', '.local', 'state'],
  cache: ['XDG_CACHE_HOME', '.cache'],
};

/**
 * `MCP_NOSTR_HOME` for everything, else `mcp-nostr` in the folder that the XDG base directory specification gives to
 * this kind of file.
 */
export function ourFolder(kind: FolderKind, env: NodeJS.ProcessEnv = process.env): string {
  const home = env['MCP_NOSTR_HOME'];
  if (home) return home;
  const [variable, ...folder] = xdg[kind];
  const given = env[variable] ?? '';
  // The specification: a relative path is to be ignored.
  return join(isAbsolute(given) ? given : join(homedir(), ...folder), 'mcp-nostr');
}
