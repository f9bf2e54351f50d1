import { hideSecret } from '../log/redact.ts';

/** Variables that hold a secret themselves: `nak` and others write keys there, `MCP_NOSTR_BUNKER` has one in its query. */
const secretVariables = ['NOSTR_SECRET_KEY', 'NOSTR_CLIENT_KEY', 'MCP_NOSTR_BUNKER'] as const;

export type SecretVariable = (typeof secretVariables)[number];

/** What was taken out of an environment, since more than one part of a program may ask for it. */
const taken = new WeakMap<NodeJS.ProcessEnv, Map<SecretVariable, string>>();

/**
 * Takes all of them out of the environment, at the start of a program: no process that it starts finds them in its own,
 * whoever starts it. What an earlier start took is forgotten.
 */
export function takeSecretVariables(env: NodeJS.ProcessEnv = process.env): void {
  const values = new Map<SecretVariable, string>();
  for (const name of secretVariables) {
    const value = env[name]?.trim() ?? '';
    delete env[name];
    if (value === '') continue;
    hideSecret(value);
    values.set(name, value);
  }
  taken.set(env, values);
}

/** The value of one, which is in the environment no more after this. Empty is as good as not set. */
export function secretVariable(env: NodeJS.ProcessEnv, name: SecretVariable): string | undefined {
  if (env[name] !== undefined || !taken.has(env)) takeSecretVariables(env);
  return taken.get(env)?.get(name);
}
