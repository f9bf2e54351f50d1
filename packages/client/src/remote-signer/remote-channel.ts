import {
  formatNpub,
  limits as wire,
  type NostrEvent,
  secretKeySigner,
  getPublicKey,
  type Signer,
  tagValue,
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

/** Requests to a remote signer and its answers, over relays that come and go. */
export class RemoteChannel {
  readonly #options: RemoteChannelOptions;
  readonly #client: Signer;
  readonly #pubkey: string;
  readonly #pending: Map<string, RemoteRequest> = new Map();
  #relays: readonly string[];
  #pool: RelayPool;
  #isClosed = false;

  /** @throws {AddressError} for what is no relay's URL @throws {TransportError} `no_relays` */
  constructor(options: RemoteChannelOptions) {
    this.#options = options;
    this.#client = secretKeySigner(options.clientKey);
    this.#pubkey = getPublicKey(options.clientKey);
    this.#relays = options.relays;
    this.#pool = this.#open(options.relays);
  }

  get relays(): readonly string[] {
    return this.#relays;
  }

  get states(): RelayState[] {
    return this.#pool.states;
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
    const request: RemoteRequest = new RemoteRequest({
      method,
      params,
      timing: this.#options.timing,
      timeoutMs: options.timeoutMs,
      publish: (plaintext, copy) => {
        if (copy > 1) options.onagain?.();
        return this.#publish(plaintext);
      },
      onauthurl: this.#options.onauthurl,
      describe: () => this.#describe(),
      onsettled: () => this.#pending.delete(request.id),
    });
    this.#pending.set(request.id, request);
    return request.answered;
  }

  /** From now on over these. */
  useRelays(relays: readonly string[]): void {
    if (this.#isClosed) return;
    const former = this.#pool;
    this.#pool = this.#open(relays);
    this.#relays = relays;
    former.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const request of this.#pending.values()) request.fail(closed());
    this.#pool.close();
  }

  #open(relays: readonly string[]): RelayPool {
    const pool = new RelayPool({
      relays: [...relays],
      // A relay that wants to know who we are is told the key that only the signer knows, not the person's.
      signer: this.#client,
      onstate: (state) => {
        this.#options.onrelay?.(state);
        if (state.status !== 'ready' || pool !== this.#pool) return;
        for (const request of this.#pending.values()) request.sendAgain();
      },
    });
    pool.subscribe(
      () => [this.#filter()],
      (event) => void this.#receive(event), // it never rejects
    );
    return pool;
  }

  #filter(): Filter {
    const since = Math.floor(Date.now() / 1000) - wire.subscriptionLookbackSeconds;
    return { kinds: [REMOTE_SIGNING_KIND], authors: [this.#options.remote], '#p': [this.#pubkey], since };
  }

  async #publish(plaintext: string): Promise<PublishOutcome> {
    const { remote } = this.#options;
    const event = await this.#client.signEvent({
      kind: REMOTE_SIGNING_KIND,
      created_at: Math.floor(Date.now() / 1000),
      tags: [['p', remote]],
      content: (await this.#client.nip44?.encrypt(remote, plaintext)) ?? '',
    });
    return this.#pool.publish(event);
  }

  /**
   * The signature is not checked: that the content decrypts under the key that we share with the signer proves its
   * author, and that it names a request under way proves that it is no old one.
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
    if (answer !== undefined) this.#pending.get(answer.id)?.answer(answer);
  }

  #describe(): string {
    const npub = formatNpub(this.#options.remote);
    const relays = this.states.map(({ url, status, reason }) =>
      status === 'ready' ? url : `${url} (not reached: ${reason ?? status})`,
    );
    return `the remote signer ${npub.slice(0, 10)}…${npub.slice(-4)} on ${relays.join(', ')}`;
  }
}

function closed(): TransportError {
  return new TransportError('closed', 'the remote signer was closed');
}
