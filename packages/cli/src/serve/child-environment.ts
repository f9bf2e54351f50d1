/** Names of the Nostr world that hold keys (nak's and others'); the program behind a server has no use for them. */
const SECRET_NAMES = new Set(['NOSTR_SECRET_KEY', 'NOSTR_CLIENT_KEY']);

/**
 * What a served program finds in its environment: ours, less our own settings and keys, and in
 * `MCP_NOSTR_CALLER` the npub of the caller whom this process serves.
 */
export function childEnvironment(env: NodeJS.ProcessEnv, callerNpub: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !SECRET_NAMES.has(name) && !name.startsWith('MCP_NOSTR_'),
  );
  return { ...Object.fromEntries(kept), MCP_NOSTR_CALLER: callerNpub };
}
