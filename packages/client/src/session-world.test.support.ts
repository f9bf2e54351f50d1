import {
  decodeFrame,
  encodeFrame,
  type Frame,
  isHarmless,
  type JsonRpcMessage,
  type LinkControl,
  type LinkTag,
  type NostrEvent,
  parseMessage,
  splitMessages,
} from '@mcp-nostr/core';
import {
  Link,
  type Outgoing,
  type PublishOutcome,
  TransportError,
  UnfinishedMessages,
} from '@mcp-nostr/transport';

import { ClientSession } from './client-session.ts';
import { toOutgoing } from './outgoing.ts';

const CLIENT = 'c'.repeat(64);
const SERVER = '5'.repeat(64);
const EPOCH_SECONDS = 1_700_000_000;

export interface Packet {
  readonly from: 'client' | 'server';
  readonly frame: Frame;
  readonly event: NostrEvent;
  readonly at: number;
}

type Outcome = PublishOutcome | 'failed' | TransportError | undefined;

/** A client's session opposite a server that does what it is told, under a clock that moves by hand. */
export class SessionWorld {
  now = 1_000;
  /** Added to the server's clock. */
  serverSkewSeconds = 0;
  /** What a signature of the client takes, and why there is none. */
  signMs = 0;
  signerError: TransportError | undefined;
  frameBytes = 40_960;
  fate: (packet: Packet) => 'deliver' | 'drop' = () => 'deliver';
  outcome: (packet: Packet) => Outcome = () => 'accepted';
  /** The result of a request; without one it stays open. */
  answer: (method: string, params: Record<string, unknown>) => Record<string, unknown> | undefined;
  /** Whether another grant can be had, each time that the server does not take the one there is. */
  regrants: boolean[] = [];
  /** Why the server opens nothing. */
  refusal: string | undefined;
  instance = '0123456789abcdef';
  readonly session: ClientSession;
  readonly packets: Packet[] = [];
  /** What the client's program was given, and what the server's. */
  readonly delivered: JsonRpcMessage[] = [];
  readonly executed: JsonRpcMessage[] = [];
  readonly errors: Error[] = [];
  readonly lost: string[] = [];
  readonly links: Map<string, Link> = new Map();
  readonly #ended: Map<string, number> = new Map();
  #tasks: { readonly at: number; readonly run: () => void }[] = [];
  #events = 0;
  #randoms = 1;

  /** `instance`: the server's process as it was announced. */
  constructor(options: { maxUnfinishedBytes?: number; instance?: string } = {}) {
    this.answer = (method) =>
      method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {} } : { method };
    this.session = new ClientSession({
      isWrapped: true,
      clock: () => this.now,
      nowSeconds: () => this.#seconds,
      random: () => 0.5,
      randomHex: (bytes) => (this.#randoms++).toString(16).padStart(2 * bytes, '0'),
      instance: options.instance,
      frameBytes: () => this.frameBytes,
      unfinished: new UnfinishedMessages(options.maxUnfinishedBytes),
      describe: () => ({ server: 'the server', relays: 'wss://one' }),
      moved: () => ({ code: 'server_moved', reason: 'it has moved', data: {} }),
      onmessage: (message) => this.delivered.push(message),
      onerror: (error) => this.errors.push(error),
      onlost: (reason) => this.lost.push(reason),
      regrant: () => this.regrants.shift() ?? false,
    });
    this.session.relaysChanged(true, true);
  }

  get methods(): string[] {
    return this.executed.map((message) => ('method' in message ? message.method : 'answer'));
  }

  /** The link of the present connection at the server. */
  get link(): Link {
    const link = this.links.get(this.session.connection ?? '');
    if (link === undefined) throw new Error('the server has no such connection');
    return link;
  }

  /** The connections that the client has opened, in their order. */
  get connections(): string[] {
    const own = this.packets.filter(({ from }) => from === 'client');
    return [...new Set(own.map(({ frame }) => frame.link.connection))];
  }

  controls(control: LinkControl): Packet[] {
    return this.packets.filter(({ frame }) => frame.link.control === control);
  }

  request(id: number, method: string, params?: Record<string, unknown>): void {
    this.session.send({ jsonrpc: '2.0', id, method, params }, undefined);
  }

  notify(method: string, params?: Record<string, unknown>): void {
    this.session.send({ jsonrpc: '2.0', method, params }, undefined);
  }

  /** The usual handshake; what it took is forgotten. */
  handshake(): this {
    this.request(0, 'initialize', { protocolVersion: '2025-11-25' });
    this.run(100);
    this.notify('notifications/initialized');
    this.run(5_000);
    this.forget();
    return this;
  }

  /** A connection without a session to take up: of the revision that knows none. */
  discover(): this {
    this.request(0, 'server/discover');
    this.run(5_000);
    this.forget();
    return this;
  }

  forget(): void {
    for (const list of [this.packets, this.delivered, this.executed, this.errors]) list.length = 0;
  }

  /** What the server sends by itself in the present connection. */
  say(message: JsonRpcMessage, relation?: number): void {
    this.link.send(toOutgoing(message, relation));
    this.run(0);
  }

  /** The process is another one now, and knows nothing. */
  restart(instance = 'fedcba9876543210'): void {
    this.instance = instance;
    this.links.clear();
    this.#ended.clear();
  }

  /** The same process lets all connections go, without a word; and remembers how far they came, or not. */
  letGo(isRemembered: boolean): void {
    if (isRemembered)
      for (const [connection, { expected }] of this.links) this.#ended.set(connection, expected);
    this.links.clear();
  }

  run(durationMs: number): void {
    const until = this.now + durationMs;
    this.#pump();
    let turns = 0;
    for (let at = this.#nextAt(); at <= until; at = this.#nextAt()) {
      turns = at > this.now ? 0 : turns + 1;
      if (turns > 2_000) throw new Error(`something is due at ${at} for ever`);
      this.now = Math.max(this.now, at);
      const due = this.#tasks.filter((task) => task.at <= this.now);
      this.#tasks = this.#tasks.filter((task) => task.at > this.now);
      for (const task of due.sort((a, b) => a.at - b.at)) task.run();
      this.#pump();
    }
    this.now = until;
  }

  /** A frame for the client that no link has made. */
  control(
    control: LinkControl,
    detail: string,
    more: Partial<LinkTag> & { requestEvent?: string | undefined } = {},
  ): void {
    const { instance = this.instance, acknowledged = 0, requestEvent } = more;
    const connection = more.connection ?? this.session.connection;
    if (connection === undefined) return;
    const link = { connection, acknowledged, instance, control, detail };
    const seconds = this.#seconds + this.serverSkewSeconds;
    this.#arrive(
      'server',
      this.#event(
        'server',
        { link, content: '', ...(requestEvent !== undefined && { requestEvent }) },
        seconds,
      ),
    );
  }

  get #seconds(): number {
    return EPOCH_SECONDS + Math.floor(this.now / 1_000);
  }

  #nextAt(): number {
    const links = [...this.links.values()].map(({ wakeAt }) => wakeAt);
    return Math.min(this.session.wakeAt, ...links, ...this.#tasks.map(({ at }) => at));
  }

  #pump(): void {
    for (let next = this.session.poll(); next !== undefined; next = this.session.poll()) {
      const outgoing = next;
      if (this.signMs === 0 || next.event !== undefined) this.#leave('client', next);
      else this.#after(this.signMs, () => this.#leave('client', outgoing));
    }
    for (const link of this.links.values())
      for (let next = link.poll(); next !== undefined; next = link.poll()) this.#leave('server', next);
  }

  #leave(from: Packet['from'], { frame, event, sent, from: link, notBefore }: Outgoing): void {
    if (event !== undefined) return this.#publish(from, event, (outcome) => tell(link, sent, outcome));
    if (frame === undefined) return;
    if (from === 'client' && this.signerError !== undefined) return link.unsigned(this.signerError);
    const offset = from === 'client' ? this.session.clockOffsetSeconds : this.serverSkewSeconds;
    const signed = this.#event(from, frame, Math.max(this.#seconds + offset, notBefore));
    if (link.signed(signed)) this.#publish(from, signed, (outcome) => tell(link, sent, outcome));
  }

  #event(from: Packet['from'], frame: Frame, createdAt: number): NostrEvent {
    const [pubkey, recipient] = from === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
    const id = (this.#events++).toString(16).padStart(64, '0');
    return { ...encodeFrame(frame, recipient, createdAt), id, pubkey, sig: '0'.repeat(128) };
  }

  #publish(from: Packet['from'], event: NostrEvent, ontold: (outcome: Outcome) => void): void {
    const packet = { from, frame: decodeFrame(event), event, at: this.now };
    this.packets.push(packet);
    const outcome = from === 'client' ? this.outcome(packet) : 'accepted';
    this.#after(1, () => ontold(outcome));
    if (outcome !== 'accepted' && outcome !== 'sent' && outcome !== undefined) return;
    if (this.fate(packet) === 'deliver') this.#after(10, () => this.#arrive(from, event));
  }

  #arrive(from: Packet['from'], event: NostrEvent): void {
    const frame = decodeFrame(event);
    const bytes = event.content.length + 512;
    if (from === 'client') return this.#atServer(event, frame, bytes);
    if (frame.link.connection !== this.session.connection) return;
    this.session.receive({ event, frame, bytes, encrypted: true, relay: 'wss://one', isRepeat: false });
  }

  /** What a server's doorkeeper does, without its bounds. */
  #atServer(event: NostrEvent, frame: Frame, bytes: number): void {
    const { connection, sequence, control, instance } = frame.link;
    if (sequence === 0 && !this.links.has(connection) && control === undefined) {
      const isBold =
        instance !== this.instance && !splitMessages(event.content).map(parseMessage).every(isHarmless);
      const refusal = this.refusal ?? (isBold ? 'opening_not_harmless' : undefined);
      if (refusal !== undefined)
        return this.#after(10, () => this.control('refuse', refusal, { connection, requestEvent: event.id }));
      this.links.set(connection, this.#open(connection));
    }
    const link = this.links.get(connection);
    if (link !== undefined && (sequence === 0 || instance === this.instance))
      return link.receive(frame, { id: event.id, createdAt: event.created_at, bytes });
    if (control !== undefined && control !== 'probe') return;
    const acknowledged = instance === this.instance ? this.#ended.get(connection) : undefined;
    const detail = acknowledged === undefined ? 'unknown' : 'ended';
    this.#after(10, () => this.control('reset', detail, { connection, acknowledged: acknowledged ?? 0 }));
  }

  #open(connection: string): Link {
    const link: Link = new Link({
      role: 'server',
      connection,
      instance: this.instance,
      isWrapped: true,
      clock: () => this.now,
      random: () => (this.#randoms++).toString(16).padStart(16, '0'),
      frameBytes: () => this.frameBytes,
      unfinished: new UnfinishedMessages(),
      onmessage: ({ text }) => this.#execute(link, parseMessage(text)),
      onlost: () => {},
      onend: () => this.links.delete(connection),
    });
    link.relaysChanged(true, true);
    return link;
  }

  #execute(link: Link, message: JsonRpcMessage): boolean {
    this.executed.push(message);
    if (!('method' in message) || !('id' in message)) return false;
    const result = this.answer(message.method, message.params ?? {});
    if (result === undefined) return true;
    const outcome = 'error' in result ? { error: result['error'] } : { result };
    const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...outcome });
    link.send({ text, sort: 'response', id: JSON.stringify(message.id) });
    return true;
  }

  #after(delayMs: number, run: () => void): void {
    this.#tasks.push({ at: this.now + delayMs, run });
  }
}

function tell(link: Link, sent: Outgoing['sent'], outcome: Outcome): void {
  if (outcome instanceof TransportError) link.refused(sent, outcome);
  else if (outcome !== undefined) link.published(sent, outcome);
}

/** How requests ended, by id: `ok`, or the code of a failure. */
export function outcomes(messages: readonly JsonRpcMessage[]): [id: unknown, outcome: unknown][] {
  return messages.flatMap((message): [unknown, unknown][] => {
    if ('result' in message) return [[message.id, 'ok']];
    if (!('error' in message)) return [];
    const { data } = message.error;
    const code = typeof data === 'object' && data !== null && 'code' in data ? data.code : message.error.code;
    return [[message.id, code]];
  });
}
