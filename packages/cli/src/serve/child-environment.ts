import type { Caller } from '@mcp-nostr/server';

/** Names of the Nostr world that hold our keys or say where they are; the program behind a server has no use for them. */
const SECRET_NAMES = new Set(['NOSTR_SECRET_KEY', 'NOSTR_SECRET_KEY_FILE', 'NOSTR_CLIENT_KEY']);

/** What a program needs to find its files and the person's language; nothing here is a secret. */
const BASIC_NAMES = new Set(
  (
    'HOME LANG LC_ALL LOGNAME PATH SHELL TERM TMPDIR TZ USER ' +
    'APPDATA HOMEDRIVE HOMEPATH LOCALAPPDATA PATHEXT PROGRAMFILES SYSTEMDRIVE SYSTEMROOT TEMP TMP USERNAME USERPROFILE WINDIR'
  ).split(' '),
);

export interface ChildEnvironmentOptions {
  /** Whom the process serves; undefined where it serves all of them. */
  caller?: Pick<Caller, 'npub' | 'pubkey'> | undefined;
  /** Of our variables only these, beside the few that every program needs. @default all */
  names?: readonly string[] | undefined;
  /** What its entry in a file gives to it, by whatever name. */
  own?: Readonly<Record<string, string>> | undefined;
}

/**
 * What a served program finds in its environment: ours, less our own settings and keys, and who calls:
 * `MCP_NOSTR_CALLER` is the npub, `MCP_NOSTR_CALLER_PUBKEY` the same key in hex, as HTTP servers get it.
 */
export function childEnvironment(
  env: NodeJS.ProcessEnv,
  { caller, names, own }: ChildEnvironmentOptions = {},
): NodeJS.ProcessEnv {
  const wanted = names && new Set(names);
  const isWanted = (name: string): boolean =>
    wanted === undefined || wanted.has(name) || wanted.has(name.toUpperCase()) || isBasic(name);
  const kept = Object.entries(env).filter(([name]) => isForChildren(name) && isWanted(name));
  const who =
    caller === undefined ? {} : { MCP_NOSTR_CALLER: caller.npub, MCP_NOSTR_CALLER_PUBKEY: caller.pubkey };
  return { ...Object.fromEntries(kept), ...own, ...who };
}

/** Whether it is one that every program needs. Windows has PATH as Path. */
export function isBasic(name: string): boolean {
  return BASIC_NAMES.has(name.toUpperCase());
}

/** Whether a program behind a server may see it. */
export function isForChildren(name: string): boolean {
  return !SECRET_NAMES.has(name) && !name.startsWith('MCP_NOSTR_');
}
