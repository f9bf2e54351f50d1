import {
  formatNpub,
  limits as wire,
  type NostrEvent,
  secretKeySigner,
  getPublicKey,
  type Signer,
  tagValue,
  verifyEvent,
} from '@mcp-nostr/core';
import {
  type Filter,
  type PublishOutcome,
  RelayPool,
  type RelayState,
  TransportError,
} from '@mcp-nostr/transport';

import { limits, type RemoteTiming } from './limits.ts';
import { parseRemoteAnswer, REMOTE_SIGNING_KIND } from './remote-message.ts';
import { RemoteRequest } from './remote-request.ts';

export interface RemoteChannelOptions {
  /** The key that the signer knows us by. */
  clientKey: Uint8Array;
  /** The signer's own. */
  remote: string;
  relays: readonly string[];
  timing: RemoteTiming;
  /** A page on which a person has to approve before the signer answers. */
  onauthurl?: ((url: string) => void) | undefined;
  onrelay?: ((state: RelayState) => void) | undefined;
}

/**
 * Requests to a remote signer and its answers, over relays that come and go. They are connected while something is asked
 * and a little longer: most of the time a session needs nothing of its identity.
 */
export class RemoteChannel {
  readonly #options: RemoteChannelOptions;
  readonly #client: Signer;
  readonly #pubkey: string;
  readonly #pending: Map<string, RemoteRequest> = new Map();
  #relays: readonly string[];
  /** The last copy of each request under way. */
  readonly #events: Map<string, NostrEvent> = new Map();
  #pool: RelayPool | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: RemoteChannelOptions) {
    this.#options = options;
    this.#client = secretKeySigner(options.clientKey);
    this.#pubkey = getPublicKey(options.clientKey);
    this.#relays = options.relays;
  }

  get relays(): readonly string[] {
    return this.#relays;
  }

  /** @throws {TransportError} `signer_failed`, with the signer's words in `data.words` where it has any; `closed` */
  async request(
    method: string,
    params: readonly string[],
    options: { timeoutMs?: number; onagain?: () => void } = {},
  ): Promise<string | undefined> {
    if (this.#isClosed) throw closed();
    if (this.#pending.size >= limits.maxPending)
      throw new TransportError('signer_failed', `${this.#describe()} has ${limits.maxPending} others to do`);
    clearTimeout(this.#idle);
    const request: RemoteRequest = new RemoteRequest({
      method,
      params,
      timing: this.#options.timing,
      timeoutMs: options.timeoutMs,
      publish: (plaintext, isRepeat) => {
        if (isRepeat) options.onagain?.();
        return this.#publish(request.id, plaintext);
      },
      onauthurl: this.#options.onauthurl,
      describe: () => this.#describe(),
      onsettled: () => this.#settled(request),
    });
    this.#pending.set(request.id, request);
    request.start();
    return request.answered;
  }

  /** From now on over these. */
  useRelays(relays: readonly string[]): void {
    this.#relays = relays;
    this.#disconnect();
    this.#sendAllAgain();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const request of this.#pending.values()) request.fail(closed());
    this.#disconnect();
  }

  #settled({ id }: RemoteRequest): void {
    this.#pending.delete(id);
    this.#events.delete(id);
    if (this.#pending.size > 0 || this.#isClosed) return;
    this.#idle = setTimeout(() => this.#disconnect(), limits.idleMs);
  }

  #disconnect(): void {
    clearTimeout(this.#idle);
    this.#pool?.close();
    this.#pool = undefined;
  }

  #connect(): RelayPool {
    const reached = new Set<string>();
    const pool = new RelayPool({
      relays: [...this.#relays],
      // A relay that wants to know who we are is told the key that only the signer knows, not the person's.
      signer: this.#client,
      onstate: (state) => {
        this.#options.onrelay?.(state);
        if (state.status !== 'ready' || pool !== this.#pool) return;
        // Nobody is asked twice by a copy that is the same event; an answer that was lost comes only for another one.
        if (reached.has(state.url)) this.#sendAllAgain();
        else for (const event of this.#events.values()) forward(pool, event, state.url);
        reached.add(state.url);
      },
    });
    pool.subscribe(
      () => [this.#filter()],
      (event) => void this.#receive(event), // it never rejects
    );
    return pool;
  }

  #sendAllAgain(): void {
    for (const request of this.#pending.values()) request.sendAgain();
  }

  #filter(): Filter {
    const since = Math.floor(Date.now() / 1000) - wire.subscriptionLookbackSeconds;
    return { kinds: [REMOTE_SIGNING_KIND], authors: [this.#options.remote], '#p': [this.#pubkey], since };
  }

  async #publish(id: string, plaintext: string): Promise<PublishOutcome> {
    const { remote } = this.#options;
    const event = await this.#client.signEvent({
      kind: REMOTE_SIGNING_KIND,
      created_at: Math.floor(Date.now() / 1000),
      tags: [['p', remote]],
      content: (await this.#client.nip44?.encrypt(remote, plaintext)) ?? '',
    });
    if (!this.#pending.has(id)) throw closed();
    this.#events.set(id, event);
    this.#pool ??= this.#connect();
    return this.#pool.publish(event);
  }

  /**
   * Cheapest first. Without the signature a relay could hand us our own request as its answer: both directions have
   * one key.
   */
  async #receive(event: NostrEvent): Promise<void> {
    const { kind, pubkey, content } = event;
    if (kind !== REMOTE_SIGNING_KIND || pubkey !== this.#options.remote || this.#pending.size === 0) return;
    if (tagValue(event, 'p') !== this.#pubkey) return;
    let plaintext: string | undefined;
    try {
      plaintext = await this.#client.nip44?.decrypt(pubkey, content);
    } catch {
      return; // a relay's or a stranger's; the signer's own still comes
    }
    const answer = plaintext === undefined ? undefined : parseRemoteAnswer(plaintext);
    // Every relay brings a copy, and a signer that was asked twice answers twice: the first one counts.
    const request = answer === undefined ? undefined : this.#pending.get(answer.id);
    if (answer !== undefined && request !== undefined && verifyEvent(event)) request.answer(answer);
  }

  #describe(): string {
    const npub = formatNpub(this.#options.remote);
    const states = this.#pool?.states ?? this.#relays.map((url) => ({ url, status: 'ready', reason: '' }));
    const relays = states.map(({ url, status, reason }) =>
      status === 'ready' ? url : `${url} (not reached: ${reason ?? status})`,
    );
    return `the remote signer ${npub.slice(0, 10)}…${npub.slice(-4)} on ${relays.join(', ')}`;
  }
}

function forward(pool: RelayPool, event: NostrEvent, relay: string): void {
  pool.publish(event, { relay }).catch(() => {}); // it is on its way by another, and goes out again
}

function closed(): TransportError {
  return new TransportError('closed', 'the remote signer was closed');
}
