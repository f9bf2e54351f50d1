import { isRequest, isResponse, type JsonRpcMessage, type NostrEvent, parseMessage } from '@mcp-nostr/core';
import { Link, type OutgoingMessage, UnfinishedMessages } from '@mcp-nostr/transport';

import { Doorkeeper } from '../../packages/server/src/doorkeeper.ts';
import { Entrance } from '../../packages/server/src/entrance.ts';
import { policyOf } from '../../packages/server/src/policy.ts';
import { Arrivals } from './arrivals.ts';
import { type Ledger, Order } from './ledger.ts';
import type { Network, Station } from './network.ts';
import { Pump } from './pump.ts';
import type { Scenario } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';

export interface ServerNodeOptions {
  scheduler: Scheduler;
  network: Network;
  scenario: Scenario;
  ledger: Ledger;
  random: () => number;
  hex: (bytes: number) => string;
}

/** What the server knows of a client's session in one connection. */
export interface Session {
  isInitialized: boolean;
  level: string | undefined;
  readonly subscriptions: Set<string>;
}

interface Connection extends Session {
  readonly link: Link;
  readonly pump: Pump;
  readonly createdAt: number;
  readonly underWay: Set<string>;
  readonly order: Order;
  nextNews: number;
}

export const SERVER_KEY = 's'.repeat(64);

/** A server's process: what `serve()` does, without sockets and signatures. */
export class ServerNode implements Station {
  readonly pubkey: string = SERVER_KEY;
  readonly reconnectMs = 1_000;
  readonly #options: ServerNodeOptions;
  readonly instance: string;
  readonly #doorkeeper: Doorkeeper;
  readonly #arrivals = new Arrivals();
  readonly #connections: Map<string, Connection> = new Map();
  readonly #unfinished = new UnfinishedMessages();
  #isGone = false;

  constructor(options: ServerNodeOptions) {
    this.#options = options;
    const { scheduler, network } = options;
    this.instance = options.hex(8);
    const clock = (): number => scheduler.now;
    this.#doorkeeper = new Doorkeeper({
      instance: this.instance,
      policy: policyOf('public'),
      entrance: new Entrance({
        refusals: 'answer',
        strangersShare: 1,
        clock,
        makeRoom: () => true,
        blockedMs: () => 0,
      }),
      strangersShare: 1,
      nowSeconds: () => this.#nowSeconds(),
      clock,
      onrival: () => options.ledger.violated('a rival was seen where there is none'),
    });
    network.join(this);
  }

  receive(event: NostrEvent, wrap: number, relay: string): void {
    const incoming = this.#isGone ? undefined : this.#arrivals.take(event, wrap, relay);
    if (incoming === undefined) return;
    const { frame, isRepeat, bytes } = incoming;
    const key = `${event.pubkey}:${frame.link.connection}`;
    const applicant = { pubkey: event.pubkey };
    const visitor = { applicant, createdAt: event.created_at, frame, isRepeat, isEncrypted: true };
    const verdict = this.#doorkeeper.judge(key, visitor, this.#connections.has(key));
    if (verdict.kind === 'leave') this.#end(key);
    if (verdict.kind === 'open') this.#open(key, event);
    if ('answer' in verdict && verdict.answer !== undefined) {
      const { network, scheduler, hex } = this.#options;
      const { control, detail, acknowledged } = verdict.answer;
      const { connection } = frame.link;
      const tag = ['link', connection, '', String(acknowledged), this.instance, control, detail];
      const refused = control === 'refuse' ? [['e', event.id]] : [];
      const tags = [['p', event.pubkey], ...refused, tag];
      const createdAt = Math.max(this.#nowSeconds(), control === 'refuse' ? 0 : event.created_at);
      const answer = { id: hex(32), pubkey: this.pubkey, kind: 0, sig: '', tags, content: '' };
      scheduler.after(0, () =>
        network.publish(this, { ...answer, created_at: createdAt }, undefined, () => {}),
      );
    } else if (verdict.kind === 'deliver' || verdict.kind === 'open') {
      const connection = this.#connections.get(key);
      if (!isRepeat) connection?.pump.prefer(relay);
      connection?.link.receive(frame, { id: event.id, createdAt: event.created_at, bytes });
      connection?.pump.kick();
    }
  }

  relaysChanged(isReachable: boolean, isNew: boolean): void {
    for (const { link, pump } of this.#connections.values()) {
      link.relaysChanged(isReachable, isNew);
      pump.kick();
    }
  }

  /** The process is killed: nobody is told. */
  kill(): void {
    this.#isGone = true;
    for (const { pump } of this.#connections.values()) pump.close();
    this.#options.network.part(this);
  }

  /** Lets every connection without work go. */
  evict(): void {
    for (const [key, { underWay, link, pump }] of this.#connections) {
      if (underWay.size > 0 || !link.isQuiet) continue;
      link.close('idle');
      pump.kick();
      this.#end(key);
    }
  }

  session(connection: string): Session | undefined {
    for (const [key, each] of this.#connections) if (key.endsWith(connection)) return each;
    return undefined;
  }

  /** Sends every client a number, and sometimes a question. */
  announce(): void {
    const { scenario } = this.#options;
    for (const connection of this.#connections.values()) {
      if (!connection.isInitialized && !scenario.isStateless) continue;
      const params = { number: connection.nextNews++ };
      this.#send(connection, { jsonrpc: '2.0', method: 'notifications/news', params });
    }
  }

  #nowSeconds(): number {
    const { scheduler, scenario } = this.#options;
    return 1_795_000_000 + Math.floor(scheduler.now / 1_000) + scenario.serverSkewSeconds;
  }

  #open(key: string, { pubkey, created_at: createdAt, tags }: NostrEvent): void {
    const { scheduler, network, scenario, ledger, hex, random } = this.#options;
    const link = new Link({
      role: 'server',
      connection: tags.find(([name]) => name === 'link')?.[1] ?? '',
      instance: this.instance,
      isWrapped: scenario.isWrapped,
      clock: () => scheduler.now,
      random: () => hex(8),
      frameBytes: () => scenario.frameBytes,
      unfinished: this.#unfinished,
      onmessage: ({ text, event }) => this.#onmessage(key, parseMessage(text), event),
      onlost: ({ reason }) => ledger.violated(`the server lost a message: ${reason}`),
      onend: ({ code, reason }) => {
        if (code !== 'bye') ledger.violated(`the server ended a connection: ${code} ${reason}`);
        this.#end(key);
      },
    });
    link.relaysChanged(network.isReachable(this), false);
    const pump = new Pump({
      scheduler,
      network,
      station: this,
      peer: pubkey,
      source: link,
      nowSeconds: () => this.#nowSeconds(),
      signMs: () => random() * scenario.maxSignMs,
    });
    this.#connections.set(key, {
      link,
      pump,
      createdAt,
      underWay: new Set(),
      order: new Order(
        ledger,
        pubkey,
        `notifications of ${pubkey.slice(0, 2)} in ${link.connection.slice(0, 4)}`,
      ),
      nextNews: 0,
      isInitialized: false,
      level: undefined,
      subscriptions: new Set(),
    });
  }

  #end(key: string): void {
    const connection = this.#connections.get(key);
    if (connection === undefined) return;
    this.#connections.delete(key);
    connection.link.close();
    this.#doorkeeper.ended(key, connection.createdAt, connection.link.expected);
  }

  #onmessage(key: string, message: JsonRpcMessage, event: string): boolean {
    const connection = this.#connections.get(key);
    if (connection === undefined) return false;
    if (isResponse(message)) return false;
    if (isRequest(message)) {
      this.#execute(connection, message, event);
      return true;
    }
    if (message.method === 'notifications/initialized') connection.isInitialized = true;
    else if (message.method === 'notifications/number')
      connection.order.take(Number(message.params?.['number']));
    else if (message.method === 'notifications/cancelled') {
      const id = JSON.stringify(message.params?.['requestId']);
      connection.underWay.delete(id);
      connection.link.withdraw((each) => each.id === id || each.relation === id);
    }
    return false;
  }

  #execute(connection: Connection, { id, method, params = {} }: RequestMessage, event: string): void {
    const { ledger, scheduler, scenario } = this.#options;
    const key = String(params['key']);
    const isCall = method === 'tools/call';
    ledger.executed(key, !isCall);
    if (isCall && !connection.isInitialized && !scenario.isStateless)
      ledger.violated(`${key} was called before the session was taken up`);
    if (method === 'logging/setLevel') connection.level = String(params['level']);
    if (method === 'resources/subscribe') connection.subscriptions.add(String(params['uri']));
    const relation = JSON.stringify(id);
    connection.underWay.add(relation);
    const size = Number(params['size'] ?? 0);
    const progress = Number(params['progress'] ?? 0);
    for (let i = 0; i < progress; i++) {
      const news: JsonRpcMessage = {
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { key, step: i, text: 'p'.repeat(i === 1 ? size : 0) },
      };
      this.#send(connection, news, { relation, requestEvent: event });
    }
    scheduler.after(Number(params['ms'] ?? 0), () => {
      if (!connection.underWay.delete(relation) || this.#isGone) return;
      const result = { key, protocolVersion: '2025-11-25', steps: progress, text: 'ü"'.repeat(size / 2) };
      this.#send(connection, { jsonrpc: '2.0', id, result }, { id: relation, requestEvent: event });
    });
  }

  #send(connection: Connection, message: JsonRpcMessage, how: Partial<OutgoingMessage> = {}): void {
    const sort = isRequest(message) ? 'request' : isResponse(message) ? 'response' : 'notification';
    connection.link.send({ text: JSON.stringify(message), sort, ...how });
    connection.pump.kick();
  }
}

type RequestMessage = Extract<JsonRpcMessage, { id: string | number; method: string }>;
