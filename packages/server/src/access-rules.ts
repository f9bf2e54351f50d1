import { allowOnly, type FilterRules } from '@mcp-nostr/core/filter';

import { AccessBookError } from './access-book-error.ts';
import { limits } from './limits.ts';
import type { Permission } from './policy.ts';

/** What one key may do, as a person writes it. What is not said has no bound of its own. */
export interface AccessRules {
  /** Patterns of names; with an empty list there is none for it. */
  tools?: readonly string[] | undefined;
  /** Patterns of URIs. */
  resources?: readonly string[] | undefined;
  prompts?: readonly string[] | undefined;
  /** Reach tool handlers as `authInfo.scopes`. */
  scopes?: readonly string[] | undefined;
  callsPerMinute?: number | undefined;
  callsAtOnce?: number | undefined;
  bytesPerMinute?: number | undefined;
}

const PATTERNS = ['tools', 'resources', 'prompts'] as const;
const BOUNDS = ['callsPerMinute', 'callsAtOnce', 'bytesPerMinute'] as const;
export const ruleNames: readonly string[] = [...PATTERNS, 'scopes', ...BOUNDS];

/** A rule that is misspelt, or that only a later program knows, would leave a key without it. @throws {AccessBookError} */
export function checkMembers(value: Record<string, unknown>, known: readonly string[], where: string): void {
  const odd = Object.keys(value).find((member) => !known.includes(member));
  if (odd === undefined) return;
  throw bad(where, `has ${JSON.stringify(odd.slice(0, 100))}; what is known there is ${known.join(', ')}`);
}

/** The rules that a value has. `where` is for the error. @throws {AccessBookError} */
export function readRules(value: Record<string, unknown>, where: string): AccessRules {
  const rules: AccessRules = {};
  for (const kind of PATTERNS) {
    const patterns = value[kind];
    if (patterns !== undefined) rules[kind] = readPatterns(patterns, `${kind} of ${where}`);
  }
  if (value['scopes'] !== undefined) rules.scopes = readScopes(value['scopes'], `scopes of ${where}`);
  for (const bound of BOUNDS) {
    const count = value[bound];
    if (count !== undefined) rules[bound] = readCount(count, `${bound} of ${where}`);
  }
  return rules;
}

/** The same as a server checks it. */
export function permissionOf(rules: AccessRules): Permission {
  const { tools, resources, prompts, scopes, callsPerMinute, callsAtOnce, bytesPerMinute } = rules;
  const names: FilterRules = {
    ...(tools !== undefined && { tool: allowOnly(tools) }),
    ...(resources !== undefined && { resource: allowOnly(resources) }),
    ...(prompts !== undefined && { prompt: allowOnly(prompts) }),
  };
  return {
    isKnown: true,
    names: Object.keys(names).length === 0 ? undefined : [names],
    scopes,
    callsPerMinute,
    callsAtOnce,
    bytesPerMinute,
  };
}

/** @throws {AccessBookError} */
export function readCount(value: unknown, where: string, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > max)
    throw bad(where, `is ${JSON.stringify(value)}; it has to be a whole number from 1 to ${max}`);
  return value;
}

function readPatterns(value: unknown, where: string): string[] {
  const patterns = readTexts(value, where, limits.maxRulePatterns);
  try {
    allowOnly(patterns);
  } catch (cause) {
    throw bad(where, `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return patterns;
}

function readScopes(value: unknown, where: string): string[] {
  const scopes = readTexts(value, where, limits.maxScopes);
  // RFC 6749, section 3.3: what a scope may be made of.
  const odd = scopes.find(
    (scope) => scope.length > limits.maxScopeLength || !/^[\u0021\u0023-\u005b\u005d-\u007e]+$/u.test(scope),
  );
  if (odd !== undefined)
    throw bad(where, `have ${JSON.stringify(odd.slice(0, limits.maxScopeLength))}, which is no scope`);
  return scopes;
}

function readTexts(value: unknown, where: string, maxCount: number): string[] {
  if (!Array.isArray(value) || value.length > maxCount)
    throw bad(where, `have to be a list of at most ${maxCount}`);
  return value.map((each) => {
    if (typeof each !== 'string') throw bad(where, `have ${JSON.stringify(each)}, which is no text`);
    return each;
  });
}

function bad(where: string, problem: string, options?: ErrorOptions): AccessBookError {
  return new AccessBookError('bad_access_book', `${where} ${problem}`, options);
}
