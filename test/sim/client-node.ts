import { isResponse, type JsonRpcMessage, type NostrEvent } from '@mcp-nostr/core';
import { UnfinishedMessages } from '@mcp-nostr/transport';

import { ClientSession } from '../../packages/client/src/client-session.ts';
import { Arrivals } from './arrivals.ts';
import { type Ledger, Order } from './ledger.ts';
import type { Network, Station } from './network.ts';
import { Pump } from './pump.ts';
import type { Scenario } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';
import { SERVER_KEY } from './server-node.ts';

export interface ClientNodeOptions {
  scheduler: Scheduler;
  network: Network;
  scenario: Scenario;
  ledger: Ledger;
  random: () => number;
  hex: (bytes: number) => string;
  name: string;
  pubkey: string;
  skewSeconds: number;
  /** The server's process, as it was announced. */
  instance?: string | undefined;
  /** Whether the server is not the one of that time any more. */
  mayFail: (since: number) => boolean;
}

/** A frame of a server may arrive this long after the server died. */
const LONGEST_WAY_MS = 2_000;

interface Request {
  readonly key: string;
  readonly method: string;
  readonly size: number;
  readonly steps: number;
  readonly onend: ((isAnswered: boolean) => void) | undefined;
  nextStep: number;
}

/** A client's program: what `NostrClientTransport` does, without sockets and signatures. */
export class ClientNode implements Station {
  readonly pubkey: string;
  readonly reconnectMs = 1_000;
  readonly #options: ClientNodeOptions;
  readonly #session: ClientSession;
  readonly #pump: Pump;
  readonly #arrivals = new Arrivals();
  readonly #requests: Map<number, Request> = new Map();
  readonly #cancelled: Set<number> = new Set();
  #nextId = 0;
  #nextNumber = 0;
  #heardAt = -Infinity;
  /** When the present connection, or the one before it, was first heard. */
  #openedAt = 0;
  #heardOf: string | undefined;
  #lastNews: Order | undefined;
  #newsOf: string | undefined;
  isInitialized = false;

  constructor(options: ClientNodeOptions) {
    const { scheduler, network, scenario, ledger, random, hex, name, skewSeconds, instance } = options;
    this.#options = options;
    this.pubkey = options.pubkey;
    const nowSeconds = (): number => 1_795_000_000 + Math.floor(scheduler.now / 1_000) + skewSeconds;
    this.#session = new ClientSession({
      isWrapped: scenario.isWrapped,
      clock: () => scheduler.now,
      nowSeconds,
      random,
      randomHex: hex,
      instance,
      frameBytes: () => scenario.frameBytes,
      unfinished: new UnfinishedMessages(),
      describe: () => ({ server: 'the server', relays: 'its relays' }),
      moved: () => ({ code: 'server_moved', reason: 'it has moved', data: {} }),
      onmessage: (message) => this.#onmessage(message),
      onerror: () => {},
      onlost: (reason) => ledger.violated(`${name} lost its session: ${reason}`),
    });
    this.#pump = new Pump({
      scheduler,
      network,
      station: this,
      peer: SERVER_KEY,
      source: this.#session,
      nowSeconds,
      signMs: () => random() * scenario.maxSignMs,
    });
    network.join(this);
  }

  get underWay(): number {
    return this.#requests.size;
  }

  get connection(): string | undefined {
    return this.#session.connection;
  }

  receive(event: NostrEvent, wrap: number, relay: string): void {
    const incoming = this.#arrivals.take(event, wrap, relay);
    if (incoming === undefined || incoming.frame.link.connection !== this.#session.connection) return;
    this.#heardAt = this.#options.scheduler.now;
    if (this.#heardOf !== this.#session.connection) {
      this.#heardOf = this.#session.connection;
      this.#openedAt = this.#heardAt;
    }
    if (!incoming.isRepeat) this.#pump.prefer(relay);
    this.#session.receive(incoming);
    this.#pump.kick();
  }

  relaysChanged(isReachable: boolean, isNew: boolean): void {
    this.#session.relaysChanged(isReachable, isNew);
    this.#pump.kick();
  }

  /** The program is killed: what it waited for nobody waits for any more. */
  kill(): void {
    this.#pump.close();
    this.#requests.clear();
    this.#options.network.part(this);
  }

  /** Tries the handshake until it succeeds, as a person would. */
  initialize(onready: () => void): void {
    this.request('initialize', {}, (isAnswered) => {
      if (!isAnswered) return this.initialize(onready);
      this.isInitialized = true;
      this.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      onready();
    });
  }

  request(
    method: string,
    params: { size?: number; ms?: number; progress?: number; [name: string]: unknown },
    onend?: (isAnswered: boolean) => void,
  ): number {
    const { name } = this.#options;
    const id = this.#nextId++;
    const key = `${name}:${id}`;
    this.#requests.set(id, {
      key,
      method,
      size: params.size ?? 0,
      steps: params.progress ?? 0,
      onend,
      nextStep: 0,
    });
    this.#send({ jsonrpc: '2.0', id, method, params: { key, ...params } });
    return id;
  }

  notify(): void {
    const number = this.#nextNumber++;
    this.#send({ jsonrpc: '2.0', method: 'notifications/number', params: { number } }, (error) => {
      if (error !== undefined) this.#options.ledger.withdrawn(this.pubkey, number);
    });
  }

  /** Until it is answered, as a person would. */
  insist(method: string, params: Record<string, unknown>): void {
    this.request(method, params, (isAnswered) => {
      if (!isAnswered) this.insist(method, params);
    });
  }

  cancel(id: number): void {
    const request = this.#requests.get(id);
    if (request === undefined || request.method !== 'tools/call') return;
    this.#requests.delete(id);
    this.#cancelled.add(id);
    this.#options.ledger.settled(request.key, 'cancelled', false);
    this.#send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
  }

  #send(message: JsonRpcMessage, onsettled?: (error?: Error) => void): void {
    this.#session.send(message, undefined, onsettled);
    this.#pump.kick();
  }

  #onmessage(message: JsonRpcMessage): void {
    if (isResponse(message)) return this.#onresponse(message);
    if (message.method === 'notifications/news') {
      const { connection } = this.#session;
      if (this.#newsOf !== connection)
        this.#lastNews = new Order(
          this.#options.ledger,
          SERVER_KEY,
          `news for ${this.#options.name} in ${connection}`,
        );
      this.#newsOf = connection;
      this.#lastNews?.take(Number(message.params?.['number']));
    } else if (message.method === 'notifications/progress') this.#onprogress(message.params ?? {});
  }

  #onprogress({ key, step }: Record<string, unknown>): void {
    const { ledger } = this.#options;
    const request = [...this.#requests.values()].find((each) => each.key === key);
    if (request === undefined) return ledger.violated(`progress of ${String(key)} after its end`);
    if (step === 0) request.nextStep = 0; // a harmless request may be sent again
    if (step !== request.nextStep)
      ledger.violated(`${request.key}: step ${String(step)}, not ${request.nextStep}`);
    request.nextStep = Number(step) + 1;
  }

  #onresponse(message: Extract<JsonRpcMessage, { result: unknown } | { error: unknown }>): void {
    const { ledger, name } = this.#options;
    const request = this.#requests.get(Number(message.id));
    if (request === undefined)
      return ledger.violated(`${name}: an answer to ${String(message.id)}, which is settled`);
    this.#requests.delete(Number(message.id));
    const isHarmless = request.method !== 'tools/call';
    if ('result' in message) {
      const { key, text } = message.result;
      if (key !== request.key || String(text).length !== 2 * Math.ceil(request.size / 2 - 0.5))
        ledger.violated(`${request.key} was answered as ${String(key)}, ${String(text).length} characters`);
      if (request.nextStep !== request.steps) ledger.violated(`${request.key} lost progress`);
      ledger.settled(request.key, 'ok', isHarmless);
    } else {
      const { code = '?' } = message.error.data as { code?: string };
      ledger.settled(request.key, code, isHarmless);
      this.#checkFailure(request, code, message.error.message);
    }
    request.onend?.('result' in message);
  }

  /** A failure is right only where for a good while nothing got through, or the server is not the same any more. */
  #checkFailure({ key }: Request, code: string, text: string): void {
    const { ledger, scheduler, mayFail, network, instance } = this.#options;
    if (code === 'relays_unreachable') {
      if (network.isReachable(this)) ledger.violated(`${key}: ${code} although a relay is there`);
      return;
    }
    const silentMs = scheduler.now - this.#heardAt;
    // What rode on an opening to a process that is not the server any more.
    if (code === 'outcome_unknown' && instance !== undefined && key.endsWith(':0')) return;
    if (silentMs < 4_900 && !mayFail(this.#openedAt - LONGEST_WAY_MS))
      ledger.violated(
        `${key}: ${code} although the server was heard ${Math.round(silentMs)} ms ago: ${text}`,
      );
  }
}
