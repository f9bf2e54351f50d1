import type { EventTemplate } from '../event.ts';
import { ANNOUNCEMENT_KIND, DELETION_KIND, PROFILE_KIND } from '../kinds.ts';
import { type AnnouncedList, announcedLists, DISCOVER_TAG, listKinds } from './announcement.ts';
import { type Introduction, introductionTags } from './introduction.ts';
import { commonSchemaTags, type SchemaClaim } from './schema-hash.ts';
import { type PeerSupport, supportTags } from './support.ts';

type Fields = Record<string, unknown>;

/** What a server announces; of a list that it does not have nothing is published. */
export interface ServerOffer {
  initialize: Fields;
  /** Its DiscoverResult of MCP 2026-07-28. */
  discover?: Fields | undefined;
  introduction?: Introduction | undefined;
  support: Partial<PeerSupport>;
  lists: { [List in AnnouncedList]?: readonly Fields[] | undefined };
  schemas?: readonly SchemaClaim[] | undefined;
  categories?: readonly string[] | undefined;
}

/** The events to sign, each of which replaces the one before of its kind; `createdAt` in seconds. */
export function announcementTemplates(offer: ServerOffer, createdAt: number): EventTemplate[] {
  const { initialize, discover, introduction = {}, support, lists, schemas = [], categories } = offer;
  const discoverTags = discover === undefined ? [] : [[DISCOVER_TAG, JSON.stringify(discover)]];
  const tags = [...introductionTags(introduction), ...supportTags(support), ...discoverTags];
  const template = (kind: number, of: string[][], content: Fields): EventTemplate => {
    return { kind, created_at: createdAt, tags: of, content: JSON.stringify(content) };
  };
  const listed = announcedLists.flatMap((list) => {
    const items = lists[list];
    const of = list === 'tools' ? commonSchemaTags(schemas, categories) : [];
    return items === undefined ? [] : [template(listKinds[list], of, { [list]: items })];
  });
  return [template(ANNOUNCEMENT_KIND, tags, initialize), ...listed];
}

/** What a server is to people (CEP-23): members as NIP-01 and NIP-24 name them. */
export function profileTemplate(profile: Fields, createdAt: number): EventTemplate {
  return { kind: PROFILE_KIND, created_at: createdAt, tags: [], content: JSON.stringify(profile) };
}

/**
 * Takes replaceable events back (NIP-09): by address, which reaches versions that we do not know of up to this time, and
 * by id, for relays that know no addresses.
 */
export function withdrawalTemplate(
  pubkey: string,
  withdrawn: { kinds: readonly number[]; ids?: readonly string[]; reason?: string },
  createdAt: number,
): EventTemplate {
  const { kinds, ids = [], reason = '' } = withdrawn;
  const tags = [
    ...ids.map((id) => ['e', id]),
    ...kinds.map((kind) => ['a', `${kind}:${pubkey}:`]),
    ...kinds.map((kind) => ['k', String(kind)]),
  ];
  return { kind: DELETION_KIND, created_at: createdAt, tags, content: reason };
}
