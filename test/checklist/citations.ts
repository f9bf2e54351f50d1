import type { Era } from './requirement.ts';

const PAGES: Record<string, { era: Era; pages: readonly string[] }> = {
  '2025-11-25': {
    era: 'legacy',
    pages: [
      'basic',
      'basic/lifecycle',
      'basic/transports',
      'basic/security_best_practices',
      'basic/utilities/cancellation',
      'basic/utilities/ping',
      'basic/utilities/progress',
      'basic/utilities/tasks',
      'client/elicitation',
      'client/roots',
      'client/sampling',
      'server/prompts',
      'server/resources',
      'server/tools',
      'server/utilities/completion',
      'server/utilities/logging',
      'server/utilities/pagination',
    ],
  },
  '2026-07-28': {
    era: 'modern',
    pages: [
      'basic',
      'basic/versioning',
      'basic/transports',
      'basic/transports/stdio',
      'basic/transports/streamable-http',
      'basic/patterns/cancellation',
      'basic/patterns/mrtr',
      'basic/patterns/progress',
      'basic/patterns/subscriptions',
      'client/elicitation',
      'server/discover',
      'server/prompts',
      'server/resources',
      'server/tools',
      'server/utilities/caching',
      'server/utilities/completion',
      'server/utilities/logging',
      'server/utilities/pagination',
    ],
  },
};

/** What holds for both eras. */
const NEUTRAL: readonly RegExp[] = [
  /^https:\/\/www\.jsonrpc\.org\/specification(#[a-z_]+)?$/,
  /^https:\/\/www\.rfc-editor\.org\/rfc\/rfc\d+(#section-[\d.]+)?$/,
  /^https:\/\/github\.com\/nostr-protocol\/nips\/blob\/master\/[0-9A-F]{2}\.md$/,
  /^https:\/\/github\.com\/modelcontextprotocol\/typescript-sdk\/issues\/\d+$/,
];

export type Citation = { era: Era | 'both' } | { fault: string };

/** Which era a link speaks of, or why it is none. */
export function readCitation(link: string): Citation {
  if (NEUTRAL.some((pattern) => pattern.test(link))) return { era: 'both' };
  const match =
    /^https:\/\/modelcontextprotocol\.io\/specification\/([^/]+)\/([a-z_/-]+)(#[a-z0-9-]+)?$/.exec(link);
  const [, revision = '', page = ''] = match ?? [];
  if (match === null) return { fault: `no link to a specification: ${link}` };
  const known = PAGES[revision];
  if (known === undefined) return { fault: `no revision ${revision}: ${link}` };
  if (!known.pages.includes(page)) return { fault: `revision ${revision} has no page ${page}: ${link}` };
  return { era: known.era };
}

/** A page of the revision of 2025-11-25. */
export function legacySpec(page: string): string {
  return `https://modelcontextprotocol.io/specification/2025-11-25/${page}`;
}

/** A page of the revision of 2026-07-28. */
export function modernSpec(page: string): string {
  return `https://modelcontextprotocol.io/specification/2026-07-28/${page}`;
}

/** A page that both revisions have. */
export function bothSpecs(page: string): string[] {
  return [legacySpec(page), modernSpec(page)];
}

export const JSON_RPC = 'https://www.jsonrpc.org/specification';
export const RFC_8259 = 'https://www.rfc-editor.org/rfc/rfc8259';

export function nip(number: string): string {
  return `https://github.com/nostr-protocol/nips/blob/master/${number}.md`;
}

export function sdkIssue(number: number): string {
  return `https://github.com/modelcontextprotocol/typescript-sdk/issues/${number}`;
}
