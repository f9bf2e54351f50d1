import { learnSupport, noSupport, type PeerSupport, readSupport } from '@mcp-nostr/core/contextvm';
import {
  BareSender,
  type Endpoint,
  type Form,
  type IncomingBare,
  TransportError,
} from '@mcp-nostr/transport';

import type { Route } from './bare-routes.ts';

export interface BarePeerOptions {
  endpoint: Endpoint;
  /** The first that was heard of it. */
  first: IncomingBare;
  /** What we say of ourselves with our first message. */
  introduction: string[][];
  onerror: (error: unknown) => void;
}

/** A message for the client. */
export interface Said {
  text: string;
  /** The event of the request that it belongs to, and what is known of that. */
  requestEvent?: string | undefined;
  route?: (Pick<Route, 'form' | 'relay' | 'createdAt'> & Partial<Route>) | undefined;
  isAnswer: boolean;
  signal?: AbortSignal | undefined;
}

/** One key without a link: what it has shown of itself, and the way to it. */
export class BarePeer {
  readonly #introduction: string[][];
  readonly #onerror: (error: unknown) => void;
  /** The way to it, for its transfers. */
  readonly sender: BareSender;
  readonly #sending: Set<Promise<void>> = new Set();
  #support: PeerSupport = noSupport;
  #last: Pick<IncomingBare, 'form' | 'relay'>;
  #latestSeconds = 0;
  #heardAt = 0;
  #isIntroduced = false;

  constructor({ endpoint, first, introduction, onerror }: BarePeerOptions) {
    this.#introduction = introduction;
    this.#onerror = onerror;
    this.#last = first;
    this.sender = new BareSender({
      endpoint,
      peer: first.event.pubkey,
      takesOversized: () => (this.#support === noSupport ? undefined : this.#support.oversized),
      onerror,
    });
    this.heard(first);
  }

  /** When it was heard last, on the clock of `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** It has had our introduction. */
  get isIntroduced(): boolean {
    return this.#isIntroduced;
  }

  /** It reads open streams, as far as is known. */
  get takesStreams(): boolean {
    return this.#support === noSupport || this.#support.openStream;
  }

  /** Characters that wait to be sent. */
  get queuedBytes(): number {
    return this.sender.queuedBytes;
  }

  heard({ event, message, form, relay }: IncomingBare): void {
    this.#heardAt = performance.now();
    this.#latestSeconds = Math.max(this.#latestSeconds, event.created_at);
    // News, which nobody has asked for, stay as secret as anything was that did.
    if (form !== 'plain' || this.#last.form === 'plain') this.#last = { form, relay };
    const said = readSupport(message.tags);
    // It says it once, and the messages that follow have none of it.
    if (said.encryption || said.ephemeral || said.oversized || said.openStream)
      this.#support = learnSupport(this.#support, said);
  }

  /** Resolves when a relay has it. @throws {TransportError} see `BareSender.send` */
  async send({ text, requestEvent, route, isAnswer, signal }: Said): Promise<void> {
    const { form, relay } = route ?? this.#last;
    const introduces = !this.#isIntroduced || (isAnswer && route?.method === 'initialize');
    await this.#track(
      this.sender.send({
        text,
        requestEvent,
        tags: introduces ? this.#introduction : [],
        form: formFor(form, this.#support),
        relay,
        // Its relays leave out what is older than its subscription, and its clock may be ahead of ours.
        notBefore: route?.createdAt ?? this.#latestSeconds,
        token: tokenOf(route),
        isRepeatable: isAnswer,
        signal,
      }),
    );
    this.#isIntroduced = true;
  }

  /** The same of what nobody waits for. */
  tell(said: Said): void {
    this.send(said).catch((error: unknown) => {
      if (!(error instanceof TransportError) || error.code !== 'closed') this.#onerror(error);
    });
  }

  /** Frees it when what is being said has left. Never rejects. */
  async release(): Promise<void> {
    await Promise.all(this.#sending);
    this.sender.close();
  }

  #track(sending: Promise<void>): Promise<void> {
    const settled: Promise<void> = sending
      .catch(() => {}) // whoever sends hears of it
      .finally(() => this.#sending.delete(settled));
    this.#sending.add(settled);
    return sending;
  }
}

/** As it was asked; in the wrap that relays do not store where its client can read that. */
export function formFor(form: Form, { ephemeral }: PeerSupport): Form {
  return form === 'stored' && ephemeral ? 'ephemeral' : form;
}

function tokenOf(route: Said['route']): string | number | undefined {
  const token = route?.token;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}
