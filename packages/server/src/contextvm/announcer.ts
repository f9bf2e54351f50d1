import {
  DELETION_KIND,
  eventJson,
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  parseRelayUrl,
  PROFILE_KIND,
  RELAY_LIST_KIND,
  type Signer,
  utf8Bytes,
} from '@mcp-nostr/core';
import { announcementKinds, type PeerSupport } from '@mcp-nostr/core/contextvm';
import {
  boundedSigner,
  type Endpoint,
  type PublishOutcome,
  RelayPool,
  type RelayState,
} from '@mcp-nostr/transport';

import { limits } from '../limits.ts';
import type { McpServerLike } from '../mcp-server.ts';
import {
  type Denial,
  denialMessage,
  isDenial,
  type Permission,
  permitOrDeny,
  type Policy,
} from '../policy.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { Announced, AnnounceOptions } from './announce-options.ts';
import { Board } from './board.ts';
import { Posters } from './posters.ts';
import { Showcase, type ShowcaseOptions } from './showcase.ts';

export interface AnnouncerOptions<Mcp extends McpServerLike> extends Omit<
  ShowcaseOptions<Mcp>,
  'stranger' | 'permission' | 'onchange'
> {
  /** The server's. */
  pubkey: string;
  signer: Signer;
  endpoint: Pick<Endpoint, 'relays' | 'nowSeconds' | 'query' | 'publish'>;
  announce: AnnounceOptions;
  support: Partial<PeerSupport>;
  policy: Policy;
  onannounced: (announced: Announced) => void;
}

/** Kinds of this key that say what a relay has of its announcement, or will not take again. */
const ASKED_KINDS = [...announcementKinds, RELAY_LIST_KIND, PROFILE_KIND, DELETION_KIND];

/**
 * Announces a server on its relays and on more (CEP-6): what strangers are shown, whole, again when it changes, and to
 * each relay that has lost it. What goes wrong is reported and ends nothing.
 */
export class Announcer<Mcp extends McpServerLike> {
  readonly #options: AnnouncerOptions<Mcp>;
  /** A key that nobody has named. */
  readonly #stranger = getPublicKey(generateSecretKey());
  readonly #posters: Posters;
  readonly #showcase: Showcase<Mcp>;
  readonly #boards: Map<string, Board> = new Map();
  readonly #others: RelayPool | undefined;
  readonly #bucket: TokenBucket;
  #work: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs: number = limits.announceRetryMinMs;
  #denial: Denial['code'] | undefined;
  #isClosed = false;

  /** @throws {AddressError} for what is no relay's URL */
  constructor(options: AnnouncerOptions<Mcp>) {
    const { pubkey, endpoint, announce, support, hosting } = options;
    const signer = boundedSigner(options.signer);
    this.#options = options;
    this.#bucket = new TokenBucket(limits.announcesPerMinute / 60, limits.announceBurst);
    this.#showcase = new Showcase({
      ...options,
      stranger: this.#stranger,
      permission: () => permissionOf(this.#permit()),
      onchange: (isOver) => this.#soon(isOver ? limits.announceRetryMinMs : limits.announceDelayMs),
    });
    const relays = endpoint.relays.map(({ url }) => url);
    this.#posters = new Posters({
      pubkey,
      signer,
      announce,
      relays,
      support,
      nowSeconds: () => endpoint.nowSeconds(),
      onerror: hosting.onerror,
    });
    for (const relay of relays) {
      const isReady = (): boolean => isReadyIn(endpoint.relays, relay);
      const query = (): Promise<NostrEvent[]> => endpoint.query(this.#filter, limits.announceQueryMs, relay);
      this.#open(relay, isReady, query, (event) => this.#publishOwn(event, relay, signer));
    }
    const others = (announce.relays ?? []).map(parseRelayUrl).filter((relay) => !this.#boards.has(relay));
    this.#others = others.length === 0 ? undefined : this.#openOthers(others, signer);
    this.#soon(0);
  }

  /** Its MCP servers, which have to be told of changes as all others. */
  get servers(): Mcp[] {
    return this.#showcase.servers;
  }

  relayChanged({ url, status }: RelayState): void {
    if (status === 'ready') this.#boards.get(url)?.back();
  }

  /** The policy is another. */
  permitAgain(): void {
    const answer = this.#permit();
    if (!isDenial(answer)) this.#showcase.permit(answer);
    if (isDenial(answer) !== (this.#denial !== undefined)) this.#soon(limits.announceDelayMs);
  }

  /** Ends what it has opened; what was announced stays. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const board of this.#boards.values()) board.close();
    this.#others?.close();
    await this.#showcase.close();
  }

  /** Looks at the MCP server again, not too often; what comes meanwhile is seen then too. */
  #soon(delayMs: number): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#bucket.take();
        this.#enqueue(() => this.#announce());
      },
      Math.max(delayMs, this.#bucket.waitMs),
    );
  }

  async #announce(): Promise<void> {
    const answer = this.#permit();
    try {
      if (isDenial(answer)) await this.#withhold(answer);
      else {
        this.#denial = undefined;
        await this.#posters.sign(await this.#showcase.look());
      }
      this.#retryMs = limits.announceRetryMinMs;
    } catch (error) {
      if (this.#isClosed) return;
      this.#soon(this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, limits.announceRetryMaxMs);
      throw new Error(`nothing new can be announced: ${asError(error).message}`, { cause: error });
    } finally {
      for (const board of this.#boards.values()) board.update();
    }
  }

  /** Only what a stranger may use is announced. */
  async #withhold(denial: Denial): Promise<void> {
    await this.#posters.withdraw('strangers may not call it any more');
    if (this.#denial === undefined)
      this.#options.hosting.onerror(
        new Error(`nothing is announced: strangers may not call (${denialMessage(denial)})`),
      );
    this.#denial = denial.code;
  }

  #permit(): Permission | Denial {
    const { policy, hosting } = this.#options;
    return permitOrDeny(policy, { pubkey: this.#stranger }, (error) => hosting.onerror(asError(error)));
  }

  /** What a relay may cut us off for must not cost those who are being served their connection. */
  async #publishOwn(event: NostrEvent, relay: string, signer: Signer): Promise<PublishOutcome> {
    if (utf8Bytes(eventJson(event)) <= limits.announceAloneBytes)
      return this.#options.endpoint.publish(event, '', 'plain', { relay });
    const pool = new RelayPool({ relays: [relay], signer });
    try {
      return await pool.publish(event);
    } finally {
      pool.close();
    }
  }

  #openOthers(relays: string[], signer: Signer): RelayPool {
    const pool: RelayPool = new RelayPool({ relays, signer, onstate: (state) => this.relayChanged(state) });
    for (const { url: relay } of pool.states) {
      const isReady = (): boolean => isReadyIn(pool.states, relay);
      const query = (): Promise<NostrEvent[]> => pool.query(this.#filter, limits.announceQueryMs, relay);
      this.#open(relay, isReady, query, (event) => pool.publish(event, { relay }));
    }
    return pool;
  }

  #open(
    relay: string,
    isReady: () => boolean,
    query: () => Promise<NostrEvent[]>,
    publish: (event: NostrEvent) => Promise<PublishOutcome>,
  ): void {
    const board = new Board({
      relay,
      isReady,
      query,
      publish,
      events: () => this.#posters.events,
      onfound: (events) => {
        if (this.#posters.found(events)) this.#soon(0);
      },
      onannounced: this.#options.onannounced,
      onerror: this.#options.hosting.onerror,
    });
    this.#boards.set(relay, board);
  }

  get #filter(): { kinds: number[]; authors: string[] } {
    return { kinds: ASKED_KINDS, authors: [this.#options.pubkey] };
  }

  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.hosting.onerror(asError(error));
    });
  }
}

function isReadyIn(states: readonly RelayState[], relay: string): boolean {
  return states.some(({ url, status }) => url === relay && status === 'ready');
}

function permissionOf(answer: Permission | Denial): Permission {
  if (isDenial(answer)) throw new Error(denialMessage(answer));
  return answer;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
