import {
  type Frame,
  isHarmless,
  isRequest,
  type NostrEvent,
  parseMessage,
  randomHex,
  splitMessages,
} from '@mcp-nostr/core';
import { type BareMessage, knockTag, type PeerSupport, readSupport } from '@mcp-nostr/core/contextvm';
import {
  BareSender,
  type Endpoint,
  type Form,
  type IncomingBare,
  type OutgoingMessage,
} from '@mcp-nostr/transport';

import type { ClientSession } from '../client-session.ts';
import type { Conversation } from '../conversation.ts';
import { BareSession } from './bare-session.ts';
import type { BareSessionOptions } from './bare-session-options.ts';
import { bareClientLimits as limits } from './limits.ts';
import { ownSupportTags } from './own-support.ts';
import { plainTextOnly, speaksPlainTextOnly } from './plain-text-only.ts';
import { question } from './question.ts';
import { Refused } from './refused.ts';

export interface FirstContactOptions extends Pick<
  BareSessionOptions,
  'clock' | 'unfinished' | 'describe' | 'onmessage' | 'onerror' | 'payments'
> {
  /** The server's public key. */
  peer: string;
  isEncrypted: boolean;
  /** A session key stands for the signer. Servers without link know no such thing. */
  isSessionKey: boolean;
  endpoint: Endpoint;
  /** The session that speaks to servers with a link. */
  linked: ClientSession;
  /** What the server has announced. */
  announced?: PeerSupport | undefined;
}

/**
 * Finds out what a server speaks that is not known yet. The opening of a link is at the same time a message as
 * ContextVM's servers read it, so the first answer tells: one with a link is no concern of this, and one without it is
 * followed by a session without link, which takes over what waits.
 */
export class FirstContact {
  readonly #options: FirstContactOptions;
  /** What each opening and each knock held, by its event. */
  readonly #said: Map<string, string> = new Map();
  #connection: string | undefined;
  #attempts = 0;
  #session: BareSession | undefined;
  #refused: Refused | undefined;
  #isClosed = false;

  constructor(options: FirstContactOptions) {
    this.#options = options;
    const { announced, isSessionKey } = options;
    // With a session key it is refused, by what it answers.
    if (announced !== undefined && announced.link === undefined && !isSessionKey)
      this.#session = this.#open({ announced: { support: announced, form: this.#formFor(announced) } });
  }

  /** With a server that knows no link. */
  get session(): BareSession | undefined {
    return this.#session;
  }

  /** The same, or what stands for it where there can be none; undefined as long as no such one was heard. */
  get conversation(): Conversation | undefined {
    return this.#session ?? this.#refused;
  }

  /** What an opening says of us beside the link: nothing to a server that has one. */
  get supportTags(): string[][] | undefined {
    const { linked, isEncrypted, payments, announced } = this.#options;
    if (linked.isLinked || announced?.link !== undefined) return undefined;
    return ownSupportTags(isEncrypted, payments);
  }

  /** Whether a message without link of the server concerns us. */
  accepts(message: BareMessage): boolean {
    if (this.#session !== undefined) return this.#session.accepts(message);
    const { requestEvent = '' } = message;
    // A server once heard with a link never comes down to this: its guarantees would be gone unnoticed.
    if (this.#options.linked.isLinked || this.#refused !== undefined) return false;
    return this.#said.has(requestEvent);
  }

  /** A message that `accepts()` has let through. */
  receive(incoming: IncomingBare): void {
    if (this.#session === undefined) this.#meet(incoming);
    this.#session?.receive(incoming);
  }

  /** A frame of ours that is about to leave. */
  signed({ id }: NostrEvent, { link, content }: Frame): void {
    if (link.sequence !== 0 || this.#options.linked.isLinked) return;
    this.#remember(id, content);
    this.#attempts = link.connection === this.#connection ? this.#attempts + 1 : 1;
    this.#connection = link.connection;
    if (limits.knocksAt.includes(this.#attempts)) void this.#knock(content); // it never rejects
    if (this.#attempts === limits.lookupAt && this.#options.isEncrypted) void this.#lookUp(link.connection); // nor does it
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.close();
  }

  #meet(first: IncomingBare): void {
    const { tags, requestEvent = '' } = first.message;
    const { linked, isSessionKey, describe } = this.#options;
    // One of ours has answered a knock; it has the opening as well.
    if (readSupport(tags).link !== undefined) return;
    if (isSessionKey) {
      const reason = `${describe().server} is a ContextVM server, which knows no session keys: with identity 'signer' the signer itself signs each message`;
      linked.refuse('not_allowed', reason);
      // Each opening would show it the grant again.
      this.#refused = new Refused('not_allowed', reason);
      return;
    }
    this.#session = this.#open({ first });
    for (const message of linked.handOver())
      this.#passOn(message, this.#session, this.#said.get(requestEvent));
  }

  /** What a server reads that we know by its announcement alone. */
  #formFor({ ephemeral }: PeerSupport): Form {
    const { isEncrypted, endpoint } = this.#options;
    if (!isEncrypted) return 'plain';
    if (ephemeral) return 'ephemeral';
    endpoint.hearStored();
    return 'stored';
  }

  #open(known: Pick<BareSessionOptions, 'first' | 'announced'>): BareSession {
    const { endpoint, peer, isEncrypted, announced: _announced, ...options } = this.#options;
    return new BareSession({
      ...options,
      ...known,
      prefix: randomHex(4),
      nowSeconds: () => endpoint.nowSeconds(),
      tags: () => ownSupportTags(isEncrypted, options.payments),
      newSender: (takesOversized) =>
        new BareSender({
          endpoint,
          peer,
          takesOversized,
          onerror: (error) => options.onerror(error instanceof Error ? error : new Error(String(error))),
        }),
    });
  }

  /** `answered`: what the server has surely had. An opening it may not read in the form that that has. */
  #passOn({ text, onsettled }: OutgoingMessage, session: BareSession, answered: string | undefined): void {
    const message = parseMessage(text);
    const events = [...this.#said].filter(([, content]) => content === text).map(([event]) => event);
    if (isRequest(message) && events.length > 0)
      session.adopt(message, events, answered === text, (error) => onsettled?.(error));
    else session.send(message, undefined, onsettled);
  }

  #remember(event: string, content: string): void {
    this.#said.set(event, content);
    const [oldest] = this.#said.keys();
    if (this.#said.size > limits.maxOpenings && oldest !== undefined) this.#said.delete(oldest);
  }

  /**
   * What the opening holds, if anything, once more without link and rights, in each form that a server without link may
   * read, and dated so that it is not older than what such a server asks its relays for.
   */
  async #knock(opening: string): Promise<void> {
    const { endpoint, peer, isEncrypted, payments, onerror } = this.#options;
    const content = this.#harmless(opening);
    const createdAt = endpoint.nowSeconds() + limits.knockAheadSeconds;
    try {
      endpoint.hearStored();
      const tags = [...ownSupportTags(isEncrypted, payments), [...knockTag], ['salt', randomHex(8)]];
      const event = await endpoint.signBare({ tags, content }, peer, createdAt);
      this.#remember(event.id, content);
      const forms = isEncrypted ? (['ephemeral', 'stored'] as const) : (['plain'] as const);
      await Promise.allSettled(forms.map((form) => endpoint.publish(event, peer, form)));
    } catch (error) {
      onerror(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** An opening that knows the server's process may hold anything, and one may hold nothing. */
  #harmless(opening: string): string {
    const [message] = splitMessages(opening);
    if (message !== undefined && isHarmless(parseMessage(message))) return message;
    return JSON.stringify(question(`knock-${randomHex(8)}`, this.#options.linked.oldestRequest));
  }

  async #lookUp(connection: string): Promise<void> {
    const { endpoint, peer, linked, describe } = this.#options;
    if (!(await speaksPlainTextOnly(endpoint, peer))) return;
    const isOver = this.#isClosed || this.#session !== undefined || linked.connection !== connection;
    if (isOver || linked.isLinked) return;
    linked.refuse('not_encrypted', plainTextOnly(describe().server));
  }
}
