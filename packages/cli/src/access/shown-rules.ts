import type { AccessRules } from '@mcp-nostr/server';

import { formatBytes, oneLine } from '../terminal.ts';

/** `tools get_*; no prompts; 60 calls a minute`, or that there are none. */
export function shownRules(rules: AccessRules): string {
  const { scopes, callsPerMinute, callsAtOnce, bytesPerMinute } = rules;
  const parts = [
    ...(['tools', 'resources', 'prompts'] as const).map((kind) => shownNames(kind, rules[kind])),
    scopes === undefined || scopes.length === 0 ? undefined : `scopes ${scopes.join(' ')}`,
    callsPerMinute === undefined ? undefined : `${callsPerMinute} calls a minute`,
    callsAtOnce === undefined ? undefined : `${callsAtOnce} at once`,
    bytesPerMinute === undefined ? undefined : `${formatBytes(bytesPerMinute)} a minute`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'everything' : oneLine(parts.join('; '), 300);
}

function shownNames(kind: string, globs: readonly string[] | undefined): string | undefined {
  if (globs === undefined) return undefined;
  return globs.length === 0 ? `no ${kind}` : `${kind} ${globs.join(', ')}`;
}
