import { decodeFrame, encodeFrame, type Frame, type LinkControl, type NostrEvent } from '@mcp-nostr/core';

import { TransportError } from '../errors.ts';
import type { PublishOutcome } from '../relay-publisher.ts';
import { Link } from './link.ts';
import type { OutgoingMessage } from './message.ts';
import type { LostMessage } from './parts.ts';
import type { Expectation, LinkEnd, LinkRole, Outgoing, ReceivedMessage } from './traffic.ts';
import { UnfinishedMessages } from './unfinished.ts';

export const CONNECTION = '00112233445566778899aabbccddeeff';
export const INSTANCE = '0123456789abcdef';
const EPOCH_SECONDS = 1_700_000_000;

/** A frame that left one end. */
export interface Packet {
  readonly from: LinkRole;
  readonly frame: Frame;
  readonly event: NostrEvent;
  readonly at: number;
  readonly toAll: boolean;
  /** The same signed event was on the way before. */
  readonly isCopy: boolean;
}

export interface PairOptions {
  isWrapped?: boolean;
  isReachable?: boolean;
  frameBytes?: number;
  /** The clients' and the server's bound on unfinished messages. */
  maxUnfinishedBytes?: number;
}

/** One link of a pair, and what it has told. */
export class End {
  readonly link: Link;
  readonly received: ReceivedMessage[] = [];
  readonly ends: LinkEnd[] = [];
  readonly lost: LostMessage[] = [];
  /** What a signature takes; a signer that refuses throws its error. */
  signMs = 0;
  signerError: TransportError | undefined;
  frameBytes: number;
  credentialBytes = 0;
  expects: Expectation = 'nothing';
  onmessage: ((text: string) => void) | undefined;
  readonly unfinished: UnfinishedMessages;

  constructor(pair: Pair, role: LinkRole, { isWrapped = true, ...options }: PairOptions) {
    let randoms = 0;
    this.unfinished = new UnfinishedMessages(options.maxUnfinishedBytes);
    this.frameBytes = options.frameBytes ?? 40_960;
    this.link = new Link({
      role,
      connection: CONNECTION,
      instance: role === 'server' ? INSTANCE : '',
      isWrapped,
      clock: () => pair.now,
      random: () => (randoms++).toString(16).padStart(16, '0'),
      frameBytes: () => this.frameBytes,
      credentialBytes: () => this.credentialBytes,
      expects: () => this.expects,
      unfinished: this.unfinished,
      onmessage: (message) => {
        this.received.push(message);
        this.onmessage?.(message.text);
        return isRequest(message.text);
      },
      onlost: (message) => this.lost.push(message),
      onend: (end) => this.ends.push(end),
    });
    if (options.isReachable !== false) this.link.relaysChanged(true, true);
  }

  get texts(): string[] {
    return this.received.map(({ text }) => text);
  }
}

interface Task {
  readonly at: number;
  readonly run: () => void;
}

/** Two links back to back over a way that does what it is told, under a clock that moves by hand. */
export class Pair {
  now = 1_000;
  wayMs = 10;
  /** What becomes of a frame on its way; what is held comes with `release()`. */
  fate: (packet: Packet) => 'deliver' | 'drop' | 'hold' | 'repeat' = () => 'deliver';
  /** What the relays say. */
  outcome: (packet: Packet) => PublishOutcome | 'failed' | TransportError | undefined = () => 'accepted';
  readonly packets: Packet[] = [];
  readonly held: Packet[] = [];
  readonly client: End;
  readonly server: End;
  readonly #seen: Set<string> = new Set();
  #tasks: Task[] = [];
  #events = 0;

  constructor(options: PairOptions = {}) {
    this.client = new End(this, 'client', options);
    this.server = new End(this, 'server', options);
  }

  /** Time passes, and what is due in it happens. */
  run(durationMs: number): void {
    const until = this.now + durationMs;
    this.#pump();
    let turns = 0;
    for (let at = this.#nextAt(); at <= until; at = this.#nextAt()) {
      turns = at > this.now ? 0 : turns + 1;
      if (turns > 5_000) throw new Error(`something is due at ${at} for ever`);
      this.now = Math.max(this.now, at);
      this.#runTasks();
      this.#pump();
    }
    this.now = until;
  }

  /** What was held comes now, as ordered. */
  release(order: (packets: Packet[]) => Packet[] = (packets) => packets): void {
    for (const packet of order(this.held.splice(0))) this.#arrive(packet);
    this.run(0);
  }

  /** The client is heard and both are quiet; what it took is forgotten. */
  open(): this {
    this.client.link.send(harmless(0));
    this.server.onmessage = () => this.server.link.send(answer(0));
    this.run(5_000);
    this.server.onmessage = undefined;
    this.forget();
    return this;
  }

  /** The client sends so many notifications, each in a frame of its own. */
  sendEach(count: number, text = ''): string[] {
    return Array.from({ length: count }, (_, index) => {
      const message = notice(`${index} ${text}`);
      this.client.link.send(message);
      this.run(0);
      return message.text;
    });
  }

  forget(): void {
    this.packets.length = 0;
    this.client.received.length = 0;
    this.server.received.length = 0;
  }

  /** What left, in short: who, and the control or the number. */
  get log(): string[] {
    return this.packets.map(({ from, frame }) => `${from} ${nameOf(frame)}`);
  }

  by(role: LinkRole): Packet[] {
    return this.packets.filter(({ from }) => from === role);
  }

  controls(control: LinkControl): Packet[] {
    return this.packets.filter(({ frame }) => frame.link.control === control);
  }

  #nextAt(): number {
    return Math.min(this.client.link.wakeAt, this.server.link.wakeAt, ...this.#tasks.map(({ at }) => at));
  }

  #runTasks(): void {
    const due = this.#tasks.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    this.#tasks = this.#tasks.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
  }

  #pump(): void {
    for (const role of ['client', 'server'] as const)
      for (let next = this[role].link.poll(); next !== undefined; next = this[role].link.poll())
        this.#send(role, next);
  }

  #send(role: LinkRole, next: Outgoing): void {
    if (next.event !== undefined) return this.#publish(role, next, next.event);
    const { signMs } = this[role];
    if (signMs === 0) this.#sign(role, next);
    else this.#after(signMs, () => this.#sign(role, next));
  }

  #sign(role: LinkRole, next: Outgoing): void {
    const { signerError } = this[role];
    if (next.frame === undefined) throw new Error('neither a frame nor an event');
    if (signerError !== undefined) return next.from.unsigned(signerError);
    const createdAt = Math.max(EPOCH_SECONDS + Math.floor(this.now / 1_000), next.notBefore);
    const pubkey = (role === 'client' ? 'c' : '5').repeat(64);
    const id = (this.#events++).toString(16).padStart(64, '0');
    const template = encodeFrame(next.frame, (role === 'client' ? '5' : 'c').repeat(64), createdAt);
    const event = { ...template, id, pubkey, sig: '0'.repeat(128) };
    if (next.from.signed(event)) this.#publish(role, next, event);
  }

  #publish(from: LinkRole, { from: link, sent, toAll }: Outgoing, event: NostrEvent): void {
    const isCopy = this.#seen.has(event.id);
    this.#seen.add(event.id);
    const packet = { from, frame: decodeFrame(event), event, at: this.now, toAll, isCopy };
    this.packets.push(packet);
    const outcome = this.outcome(packet);
    if (outcome instanceof TransportError) this.#after(1, () => link.refused(sent, outcome));
    else if (outcome !== undefined) this.#after(1, () => link.published(sent, outcome));
    if (outcome !== 'accepted' && outcome !== 'sent' && outcome !== undefined) return;
    const fate = this.fate(packet);
    if (fate === 'hold') this.held.push(packet);
    if (fate === 'deliver' || fate === 'repeat') this.#after(this.wayMs, () => this.#arrive(packet));
    if (fate === 'repeat') this.#after(2 * this.wayMs, () => this.#arrive(packet));
  }

  #arrive({ from, frame, event }: Packet): void {
    const { link } = from === 'client' ? this.server : this.client;
    if (from === 'server') link.instance = frame.link.instance;
    const bytes = event.content.length + 512;
    link.receive(frame, { id: event.id, createdAt: event.created_at, bytes });
  }

  #after(delayMs: number, run: () => void): void {
    this.#tasks.push({ at: this.now + delayMs, run });
  }
}

export function nameOf({ link }: Frame): string {
  return link.control ?? `${link.sequence}`;
}

/** A request that must not be executed twice; `text` makes it as long as wished. */
export function call(id: number, text = ''): OutgoingMessage {
  const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { text } };
  return { text: JSON.stringify(message), sort: 'request', id: String(id) };
}

export function harmless(id: number): OutgoingMessage {
  const text = JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });
  return { text, sort: 'request', id: String(id), isHarmless: true };
}

export function answer(id: number, text = '', requestEvent?: string): OutgoingMessage {
  const message = { jsonrpc: '2.0', id, result: { text } };
  return { text: JSON.stringify(message), sort: 'response', id: String(id), requestEvent };
}

/** Of no request, or of the one named. */
export function notice(text: string, relation?: number, requestEvent?: string): OutgoingMessage {
  const message = { jsonrpc: '2.0', method: 'notifications/message', params: { text } };
  return {
    text: JSON.stringify(message),
    sort: 'notification',
    relation: relation === undefined ? undefined : String(relation),
    requestEvent,
  };
}

export function signerFailed(): TransportError {
  return new TransportError('signer_failed', 'the signer refused');
}

function isRequest(text: string): boolean {
  const message: unknown = JSON.parse(text);
  return typeof message === 'object' && message !== null && 'method' in message && 'id' in message;
}
