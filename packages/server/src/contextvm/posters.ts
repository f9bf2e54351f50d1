import {
  DELETION_KIND,
  type EventTemplate,
  isRecord,
  type NostrEvent,
  relayListTemplate,
  type Signer,
} from '@mcp-nostr/core';
import {
  announcementTemplates,
  listKinds,
  type PeerSupport,
  profileTemplate,
  withdrawalTemplate,
} from '@mcp-nostr/core/contextvm';

import type { AnnounceOptions } from './announce-options.ts';
import { schemaClaims } from './schema-claims.ts';
import type { Fields } from './own-caller.ts';
import { type ListName, listNames } from './shown-lists.ts';
import type { Shown } from './showcase.ts';

export interface PostersOptions {
  /** The server's. */
  pubkey: string;
  signer: Signer;
  announce: AnnounceOptions;
  /** The server's own. */
  relays: readonly string[];
  support: Partial<PeerSupport>;
  nowSeconds: () => number;
  onerror: (error: Error) => void;
}

/**
 * The signed events of an announcement. Each replaces the one before of its kind wherever that was published, also
 * within a second, and also one that an earlier process of the server has left behind.
 */
export class Posters {
  readonly #options: PostersOptions;
  /** By kind, with what it says. */
  readonly #signed: Map<number, { event: NostrEvent; text: string }> = new Map();
  /** By kind the time of the newest that somebody else has signed with this key, or taken back. */
  readonly #others: Map<number, number> = new Map();
  /** Lists that relays still have although the server does not. */
  readonly #leftover: Set<ListName> = new Set();

  constructor(options: PostersOptions) {
    this.#options = options;
  }

  get events(): NostrEvent[] {
    return [...this.#signed.values()].map(({ event }) => event);
  }

  /** Events of this key on a relay. Returns whether some of ours have to be signed anew because of them. */
  found(events: readonly NostrEvent[]): boolean {
    let isOutdone = false;
    for (const { id, kind, created_at: at, content, tags } of events) {
      const kinds = kind === DELETION_KIND ? takenBack(tags) : [kind];
      for (const each of kinds) {
        const own = this.#signed.get(each)?.event;
        if (own?.id === id) continue;
        this.#others.set(each, Math.max(at, this.#others.get(each) ?? 0));
        isOutdone ||= own !== undefined && at >= own.created_at;
      }
      const list = listNames.find((name) => listKinds[name] === kind);
      if (list === undefined || this.#leftover.has(list) || !hasItems(content, list)) continue;
      this.#leftover.add(list);
      isOutdone ||= !this.#signed.has(kind);
    }
    return isOutdone;
  }

  /** Signs what has changed. */
  async sign(shown: Shown): Promise<void> {
    this.#signed.delete(DELETION_KIND);
    for (const template of this.#templates(shown)) await this.#sign(template);
  }

  /** Takes back all that was signed. */
  async withdraw(reason: string): Promise<void> {
    const events = this.events.filter(({ kind }) => kind !== DELETION_KIND);
    if (events.length === 0) return;
    const { pubkey } = this.#options;
    const withdrawn = { kinds: events.map(({ kind }) => kind), ids: events.map(({ id }) => id), reason };
    const at = Math.max(this.#options.nowSeconds(), ...events.map((event) => event.created_at));
    const event = await this.#options.signer.signEvent(withdrawalTemplate(pubkey, withdrawn, at));
    for (const { kind } of events) this.#others.set(kind, at);
    this.#signed.clear();
    this.#signed.set(DELETION_KIND, { event, text: '' });
  }

  async #sign(template: EventTemplate): Promise<void> {
    const { kind, tags, content } = template;
    const text = JSON.stringify([tags, content]);
    const known = this.#signed.get(kind);
    const before = Math.max(known?.event.created_at ?? 0, this.#others.get(kind) ?? 0);
    if (known?.text === text && (this.#others.get(kind) ?? 0) < known.event.created_at) return;
    const at = Math.max(this.#options.nowSeconds(), before + 1);
    const event = await this.#options.signer.signEvent({ ...template, created_at: at });
    this.#signed.set(kind, { event, text });
  }

  #templates({ initialize, discover, lists }: Shown): EventTemplate[] {
    const { announce, support, relays, onerror } = this.#options;
    const { relays: _, relayList, profile, categories, ...introduction } = announce;
    const offered: { [Name in ListName]?: Fields[] } = {};
    for (const name of listNames) {
      const list = lists[name];
      if (Array.isArray(list)) offered[name] = list;
      // One that is gone is replaced by an empty one, which every relay understands.
      else if (list === 'absent' && (this.#leftover.has(name) || this.#signed.has(listKinds[name])))
        offered[name] = [];
    }
    const schemas = schemaClaims(offered.tools ?? [], onerror);
    return [
      ...announcementTemplates(
        { initialize, discover, introduction, support, lists: offered, schemas, categories },
        0,
      ),
      ...(relayList === true ? [relayListTemplate(relays, 0)] : []),
      ...(profile === undefined || profile === false
        ? []
        : [
            profileTemplate(
              { ...named(initialize), ...introduction, ...(profile === true ? {} : profile) },
              0,
            ),
          ]),
    ];
  }
}

/** What a server is called that was given no name. */
function named({ serverInfo }: Fields): Fields {
  const { title, name } = isRecord(serverInfo) ? serverInfo : {};
  return typeof title === 'string' ? { name: title } : typeof name === 'string' ? { name } : {};
}

/** The kinds that a deletion concerns. */
function takenBack(tags: readonly string[][]): number[] {
  const kinds = tags.flatMap(([name, value = '']) =>
    name === 'k' && /^\d{1,5}$/.test(value) ? [Number(value)] : [],
  );
  return kinds.filter((kind) => kind !== DELETION_KIND);
}

function hasItems(content: string, list: ListName): boolean {
  try {
    const parsed: unknown = JSON.parse(content);
    return !isRecord(parsed) || !Array.isArray(parsed[list]) || parsed[list].length > 0;
  } catch {
    return true;
  }
}
