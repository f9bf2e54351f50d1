import { isRecord, type NostrEvent } from '../event.ts';
import { isDeeperThan } from '../json-depth.ts';
import {
  ANNOUNCEMENT_KIND,
  DELETION_KIND,
  PROFILE_KIND,
  PROMPTS_KIND,
  RELAY_LIST_KIND,
  RESOURCE_TEMPLATES_KIND,
  RESOURCES_KIND,
  TOOLS_KIND,
} from '../kinds.ts';
import { limits } from '../limits.ts';
import { isDiscoverResult, isInitializeResult } from '../mcp-results.ts';
import { readRelayList } from '../relay-list.ts';
import { type Introduction, introductionFrom, readIntroduction } from './introduction.ts';
import { contextvmLimits } from './limits.ts';
import { type Price, readPrices } from './payment.ts';
import { readCommonSchemas, type SchemaClaim } from './schema-hash.ts';
import { type PeerSupport, readSupport } from './support.ts';

type Fields = Record<string, unknown>;

export type AnnouncedList = 'tools' | 'resources' | 'resourceTemplates' | 'prompts';

/** The lists of a server, each with the kind of its event. */
export const listKinds: Readonly<Record<AnnouncedList, number>> = {
  tools: TOOLS_KIND,
  resources: RESOURCES_KIND,
  resourceTemplates: RESOURCE_TEMPLATES_KIND,
  prompts: PROMPTS_KIND,
};

export const announcedLists: readonly AnnouncedList[] = [
  'tools',
  'resources',
  'resourceTemplates',
  'prompts',
];

/** The kinds that make an announcement. */
export const announcementKinds: readonly number[] = [ANNOUNCEMENT_KIND, ...Object.values(listKinds)];

/** The tag of an announcement that spares its reader the first round trip. */
export const DISCOVER_TAG = 'discover';

/** What a server says of itself to everybody (CEP-6), as far as it could be read. */
export interface Announcement extends Introduction {
  pubkey: string;
  /** Its newest relay list (NIP-65); empty where none was seen. */
  relays: string[];
  /** What it answers to `initialize`. */
  initialize?: Fields;
  /** What it answers to `server/discover` (MCP 2026-07-28): a client can begin with it. */
  discover?: Fields;
  tools?: Fields[];
  resources?: Fields[];
  resourceTemplates?: Fields[];
  prompts?: Fields[];
  support: PeerSupport;
  /** Common schemas (CEP-15) that it claims for its tools, and the words that it files them under. */
  schemas: SchemaClaim[];
  categories: string[];
  prices: Price[];
  /** Seconds: of the announcement, or of its newest list where that is missing. */
  createdAt: number;
}

const READ_KINDS: ReadonlySet<number> = new Set([...announcementKinds, RELAY_LIST_KIND, PROFILE_KIND]);

/** What an item of a list is known by. */
const ITEM_KEYS: Readonly<Record<AnnouncedList, string>> = {
  tools: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
  prompts: 'name',
};

/**
 * Reads what a key has announced. The events are verified ones, of any author and in any order, with deletions
 * (kind 5) where they are at hand; the newest of a kind counts. What is malformed counts as missing.
 * Undefined where the key announces no server.
 */
export function readAnnouncement(
  pubkey: string,
  events: readonly NostrEvent[],
  nowSeconds: number,
): Announcement | undefined {
  const newest = newestOfKind(pubkey, events, nowSeconds);
  const lists: Pick<Announcement, AnnouncedList> = {};
  for (const list of announcedLists) {
    const items = readList(list, newest.get(listKinds[list]));
    if (items !== undefined) lists[list] = items;
  }
  const server = newest.get(ANNOUNCEMENT_KIND);
  const initialize = contentOf(server);
  const hasInitialize = isInitializeResult(initialize);
  if (!hasInitialize && Object.keys(lists).length === 0) return undefined;

  const announced = announcementKinds.flatMap((kind) => newest.get(kind) ?? []);
  const tags = (hasInitialize && server?.tags) || [];
  const toolTags = lists.tools === undefined ? [] : (newest.get(TOOLS_KIND)?.tags ?? []);
  const discover = parseJson(tags.find(([name]) => name === DISCOVER_TAG)?.[1]);
  return {
    pubkey,
    relays: readRelayList(newest.get(RELAY_LIST_KIND)?.tags ?? []).slice(0, contextvmLimits.maxRelays),
    ...(hasInitialize ? { initialize } : {}),
    ...(isDiscoverResult(discover) ? { discover } : {}),
    ...lists,
    ...introductionOf(tags, hasInitialize ? initialize : undefined, contentOf(newest.get(PROFILE_KIND))),
    support: supportOf(tags),
    ...readCommonSchemas(toolTags),
    prices: pricesOf(announced),
    createdAt:
      hasInitialize && server ? server.created_at : Math.max(...announced.map((each) => each.created_at)),
  };
}

/** Of each kind the newest event (NIP-01) that its author has not taken back (NIP-09). */
function newestOfKind(
  pubkey: string,
  events: readonly NostrEvent[],
  nowSeconds: number,
): Map<number, NostrEvent> {
  const own = events.filter((event) => event.pubkey === pubkey);
  const isDeleted = deletionsOf(own);
  const newest = new Map<number, NostrEvent>();
  for (const event of own) {
    if (!READ_KINDS.has(event.kind) || isDeleted(event)) continue;
    // One of a time to come could not be replaced any more, and would be the first of every list.
    if (event.created_at > nowSeconds + limits.subscriptionLookbackSeconds) continue;
    const known = newest.get(event.kind);
    if (known === undefined || isNewer(event, known)) newest.set(event.kind, event);
  }
  return newest;
}

/** NIP-01: of two of the same second the one with the lower id stays. */
function isNewer(event: NostrEvent, known: NostrEvent): boolean {
  return (
    event.created_at > known.created_at || (event.created_at === known.created_at && event.id < known.id)
  );
}

function deletionsOf(own: readonly NostrEvent[]): (event: NostrEvent) => boolean {
  const ids = new Set<string>();
  const before = new Map<string, number>();
  for (const { kind, tags, created_at } of own) {
    if (kind !== DELETION_KIND) continue;
    for (const [name, value = ''] of tags) {
      if (name === 'e') ids.add(value);
      // An address takes back all versions up to the deletion.
      if (name === 'a') before.set(value, Math.max(created_at, before.get(value) ?? 0));
    }
  }
  return ({ id, kind, pubkey, created_at }) =>
    ids.has(id) || created_at <= (before.get(`${kind}:${pubkey}:`) ?? -1);
}

function readList(list: AnnouncedList, event: NostrEvent | undefined): Fields[] | undefined {
  const content = contentOf(event);
  const items: unknown = isRecord(content) ? content[list] : undefined;
  if (!Array.isArray(items)) return undefined;
  const key = ITEM_KEYS[list];
  return items
    .slice(0, contextvmLimits.maxListed)
    .filter((item: unknown): item is Fields => isRecord(item) && typeof item[key] === 'string');
}

/** Its own words first, then its profile's, then its program's. */
function introductionOf(tags: string[][], initialize: Fields | undefined, profile: unknown): Introduction {
  const { name, title } = fieldsOf(initialize?.['serverInfo']);
  return {
    ...introductionFrom({ name }),
    ...introductionFrom({ name: title }),
    ...introductionFrom(fieldsOf(profile)),
    ...readIntroduction(tags),
  };
}

/** Older servers have written a value behind it; they must not be taken for such that read plain text only. */
function supportOf(tags: string[][]): PeerSupport {
  const support = readSupport(tags);
  return { ...support, encryption: tags.some(([name]) => name === 'support_encryption') };
}

/** Servers repeat them on each list. */
function pricesOf(events: readonly NostrEvent[]): Price[] {
  const prices = events.flatMap(({ tags }) => readPrices(tags));
  return [...new Map(prices.map((price) => [price.capability, price])).values()];
}

function contentOf(event: NostrEvent | undefined): unknown {
  return parseJson(event?.content);
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined || text.length > contextvmLimits.maxAnnouncementLength) return undefined;
  if (isDeeperThan(text, limits.maxJsonDepth)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
