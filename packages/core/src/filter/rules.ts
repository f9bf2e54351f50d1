import { Glob } from './glob.ts';
import { isPlainUri, nameForms, uriForms } from './name-forms.ts';

export const kinds = ['tool', 'resource', 'prompt'] as const;
export type Kind = (typeof kinds)[number];

/** What is there of one kind: what an `allow` matches, if there is any, less what a `deny` matches. */
export interface Rules {
  readonly allow: readonly Glob[];
  readonly deny: readonly Glob[];
}

/** The kinds that have rules. */
export type FilterRules = { readonly [kind in Kind]?: Rules | undefined };

/** Nothing but what these patterns match: with none of them, nothing. @throws {RangeError} */
export function allowOnly(patterns: readonly string[]): Rules {
  const allow = patterns.map((text) => new Glob(text));
  return { allow, deny: allow.length === 0 ? [new Glob('*')] : [] };
}

/** Names and URIs that are longer are not there: they would cost time and are nobody's. */
const MAX_NAME_LENGTH = 2_048;

/**
 * Whether a tool or prompt of this name is there. What is denied is denied in other capitals and in other Unicode too,
 * for a server may be lenient where this is not; what is allowed is allowed as it is written.
 */
export function admitsName({ allow, deny }: Rules, name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  if (deny.length > 0 && isDenied(deny, nameForms(name))) return false;
  return isAllowed(allow, name);
}

/**
 * The same for a resource, by its URI. Servers resolve `..` and percent signs before they look: a URI is denied when
 * anything that it may stand for is, and not allowed when it has dot segments to leave by.
 */
export function admitsUri({ allow, deny }: Rules, uri: string): boolean {
  if (uri.length > MAX_NAME_LENGTH) return false;
  if (deny.length > 0 && isDenied(deny, uriForms(uri))) return false;
  return isAllowed(allow, uri) && (allow.length === 0 || isPlainUri(uri));
}

function isDenied(deny: readonly Glob[], forms: ReadonlySet<string> | undefined): boolean {
  if (forms === undefined) return true;
  return [...forms].some((form) => deny.some((glob) => glob.matches(form, { ignoreCase: true })));
}

function isAllowed(allow: readonly Glob[], name: string): boolean {
  return allow.length === 0 || allow.some((glob) => glob.matches(name));
}
