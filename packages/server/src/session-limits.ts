import type { GrantLimits } from '@mcp-nostr/core';
import { allowOnly, type FilterRules, type Rules } from '@mcp-nostr/core/filter';

import type { GrantedSession, Permission } from './policy.ts';

/** Made once for each session: patterns are asked for with each frame that concerns the policy. */
const rulesOfSessions = new WeakMap<GrantedSession, FilterRules>();

/** @throws {RangeError} for a pattern that cannot be read */
export function rulesOf(session: GrantedSession): FilterRules {
  const known = rulesOfSessions.get(session);
  if (known !== undefined) return known;
  const { tools, resources, prompts } = session.limits ?? {};
  const rules = { tool: only(tools), resource: only(resources), prompt: only(prompts) };
  rulesOfSessions.set(session, rules);
  return rules;
}

/** What the identity may do and its grant to the session allows: never more than either. */
export function narrow(permission: Permission, session: GrantedSession): Permission {
  const granted = session.limits?.scopes;
  const { scopes = [], names = [] } = permission;
  return {
    ...permission,
    scopes: granted === undefined ? scopes : scopes.filter((scope) => granted.includes(scope)),
    names: hasPatterns(session.limits) ? [...names, rulesOf(session)] : names,
  };
}

/** Whether two grants allow the same. */
export function hasSameLimits(a: GrantedSession, b: GrantedSession): boolean {
  return textOf(a.limits) === textOf(b.limits);
}

function textOf({ scopes, tools, resources, prompts }: GrantLimits = {}): string {
  return JSON.stringify([scopes, tools, resources, prompts]);
}

function hasPatterns({ tools, resources, prompts }: GrantLimits = {}): boolean {
  return tools !== undefined || resources !== undefined || prompts !== undefined;
}

function only(patterns: readonly string[] | undefined): Rules | undefined {
  return patterns === undefined ? undefined : allowOnly(patterns);
}
