import {
  type EventTemplate,
  generateSecretKey,
  getPublicKey,
  type NostrEvent,
  secretKeySigner,
  signEvent,
  tagValue,
} from '@mcp-nostr/core';
import { RelayPool } from '@mcp-nostr/transport';
import { onTestFinished } from 'vitest';

import { Recorder } from '../helpers/recorder.ts';

export interface BunkerRequest {
  id: string;
  method: string;
  params: string[];
  client: string;
}

type Answer = { result?: unknown; error?: unknown } | undefined;

/** A remote signer that does as it is told. It closes with the test. */
export class ScriptedBunker {
  readonly signerKey: Uint8Array = generateSecretKey();
  readonly userKey: Uint8Array = generateSecretKey();
  readonly requests: Recorder<BunkerRequest> = new Recorder('a request to the bunker');
  /** What it says to a request; undefined says nothing. By default it does what it is asked to. */
  answer: (request: BunkerRequest) => Answer = (request) => this.usual(request);
  readonly #states: Recorder<string> = new Recorder("the states of the bunker's relays");
  /** Ids of the events that requests came in, once for each relay that brought it. */
  readonly arrivals: Recorder<string> = new Recorder('the arrival of a request');
  #lastContent = '';
  readonly #pool: RelayPool;
  readonly #relays: readonly string[];

  private constructor(relays: readonly string[], shown: readonly string[]) {
    this.#relays = shown;
    this.#pool = new RelayPool({ relays: [...relays], onstate: ({ status }) => this.#states.add(status) });
    onTestFinished(() => this.#pool.close());
    const me = getPublicKey(this.signerKey);
    this.#pool.subscribe(
      () => [{ kinds: [24_133], '#p': [me] }],
      (event) => void this.#receive(event),
    );
  }

  /** It listens on all of them. `shown`: what its address says, where that is another way to them. */
  static async open(relays: readonly string[], shown: readonly string[] = relays): Promise<ScriptedBunker> {
    const bunker = new ScriptedBunker(relays, shown);
    const states = bunker.#states;
    const isThere = (): boolean => states.items.filter((each) => each === 'ready').length === relays.length;
    if (!isThere()) await states.next(isThere);
    return bunker;
  }

  get pubkey(): string {
    return getPublicKey(this.userKey);
  }

  get uri(): string {
    const query = new URLSearchParams(this.#relays.map((url) => ['relay', url]));
    return `bunker://${getPublicKey(this.signerKey)}?${query.toString()}&secret=word-of-entrance`;
  }

  get methods(): string[] {
    return this.requests.items.map(({ method }) => method);
  }

  usual({ method, params }: BunkerRequest): Answer {
    if (method === 'connect') return { result: 'ack' };
    if (method === 'get_public_key') return { result: this.pubkey };
    if (method === 'switch_relays') return { result: null };
    if (method === 'sign_event') return { result: this.signed(params) };
    return { error: 'no such method' };
  }

  signed([template = '']: string[], key: Uint8Array = this.userKey): string {
    return JSON.stringify(signEvent(JSON.parse(template) as EventTemplate, key));
  }

  /** `key`: whose word it is; `author`: whose it pretends to be. */
  async say(
    client: string,
    message: object,
    key: Uint8Array = this.signerKey,
    author: string = getPublicKey(key),
  ): Promise<void> {
    const content = await secretKeySigner(key).nip44?.encrypt(client, JSON.stringify(message));
    const template = { kind: 24_133, created_at: Math.floor(Date.now() / 1000), tags: [['p', client]] };
    const event = { ...signEvent({ ...template, content: content ?? '' }, key), pubkey: author };
    // Whoever asked may be gone, and an honest relay takes no forgery.
    await this.#pool.publish(event).catch(() => {});
  }

  /** The last request as if it were an answer: a hostile relay has all that it needs for that. */
  async reflect(client: string): Promise<void> {
    const template = { kind: 24_133, created_at: Math.floor(Date.now() / 1000), tags: [['p', client]] };
    const event = signEvent({ ...template, content: this.#lastContent }, generateSecretKey());
    await this.#pool.publish({ ...event, pubkey: getPublicKey(this.signerKey) }).catch(() => {});
  }

  async #receive(event: NostrEvent): Promise<void> {
    // As each program does that is on several relays.
    const isRepeat = this.arrivals.items.includes(event.id);
    this.arrivals.add(event.id);
    if (isRepeat) return;
    this.#lastContent = event.content;
    if (tagValue(event, 'p') !== getPublicKey(this.signerKey)) return;
    const text = await secretKeySigner(this.signerKey).nip44?.decrypt(event.pubkey, event.content);
    const { id, method, params } = JSON.parse(text ?? '') as BunkerRequest;
    const request = { id, method, params, client: event.pubkey };
    this.requests.add(request);
    const answer = this.answer(request);
    if (answer !== undefined) await this.say(event.pubkey, { id, ...answer });
  }
}
