import type { Side } from '../plan.ts';

/** OAuth between an HTTP client and an HTTP server has no counterpart on Nostr. */
const HTTP_ONLY = /^auth\//;

/** The scenarios of one side that `conformance list --requirements` names as required, without those of OAuth. */
export function parseRequirements(listing: string, side: Side): string[] {
  const title = side === 'server' ? 'Server scenarios' : 'Client scenarios';
  const [, section] = listing.split(new RegExp(`^${title}.*$`, 'm'));
  if (section === undefined) throw new Error(`the suite lists no "${title}": ${listing.slice(0, 200)}`);
  const [paragraph = ''] = section.trimStart().split(/\n\s*\n/);
  return [...paragraph.matchAll(/^\s*- (\S+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !HTTP_ONLY.test(name));
}
