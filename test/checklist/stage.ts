import type { JsonRpcMessage, Signer } from '@mcp-nostr/core';
import type { Caller, NostrServerTransport } from '@mcp-nostr/server';

import { Recorder } from '../helpers/recorder.ts';
import type { Party } from './client/party.ts';
import type { Line } from './client/tap.ts';
import { connectV1 } from './client/v1.ts';
import { connectV2 } from './client/v2.ts';
import { type Ground, type Host, type Key, newKey, openGround } from './ground.ts';
import type { Pair } from './pairs.ts';
import type { Era } from './requirement.ts';
import { type Instance, Service } from './server/service.ts';
import { offerV1 } from './server/v1.ts';
import { offerV2 } from './server/v2.ts';
import type { Way } from './ways.ts';

export interface ConnectOptions {
  /** @default a new one */
  key?: Key;
  capabilities?: object;
  /** @default that of the stage */
  host?: Host;
  /** Instead of a new one. */
  line?: Line;
}

/** A way with the fixture behind it, a client that stays, and clients that come and go. */
export class Stage {
  readonly pair: Pair;
  readonly era: Era;
  readonly ground: Ground;
  readonly service = new Service();
  readonly host: Host;
  #main: Party | undefined;
  readonly #guests: Set<() => Promise<void>> = new Set();
  readonly #instances: WeakMap<Party, Instance> = new WeakMap();
  #names = 0;

  private constructor(pair: Pair, ground: Ground, host: Host, service: Service) {
    this.pair = pair;
    this.era = pair.era;
    this.ground = ground;
    this.host = host;
    this.service = service;
  }

  static async open(way: Way, pair: Pair): Promise<Stage> {
    const ground = await openGround(way);
    const service = new Service();
    const stage = new Stage(pair, ground, await serveFixture(ground, pair, service), service);
    stage.#main = await stage.#connect({});
    return stage;
  }

  /** The client that stays. */
  get main(): Party {
    if (this.#main === undefined) throw new Error('the stage is not open');
    return this.#main;
  }

  /** The fixture once more, on a host of its own. */
  serve(service: Service = this.service, options: { signer?: Signer } = {}): Promise<Host> {
    return serveFixture(this.ground, this.pair, service, options);
  }

  /** One more client, until the end of the requirement. */
  async connect(options: ConnectOptions = {}): Promise<Party> {
    const party = await this.#connect(options);
    this.#guests.add(() => party.close());
    return party;
  }

  /** The MCP server that a client was connected to first. */
  serverOf(party: Party): Instance {
    const instance = this.#instances.get(party);
    if (instance === undefined) throw new Error('it is not connected to the server of this stage');
    return instance;
  }

  /** A name that nobody else uses. */
  name(text: string): string {
    return `${text} ${++this.#names}`;
  }

  /** What is to be closed with the requirement. */
  onleave(close: () => Promise<void>): void {
    this.#guests.add(close);
  }

  /** The requirement is over. */
  async clear(): Promise<void> {
    await this.ground.settle();
    const guests = [...this.#guests];
    this.#guests.clear();
    await Promise.all(guests.map((close) => close()));
    this.main.answers.clear();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.main.close();
    await this.ground.close();
  }

  async #connect({ key, capabilities, host = this.host, line }: ConnectOptions): Promise<Party> {
    const who = key ?? (await newKey());
    const opened = line ?? host.open(who);
    const { onsend } = this.ground;
    const party =
      this.pair.client === 'v1'
        ? await connectV1(opened, who, onsend, capabilities)
        : await connectV2(opened, who, onsend, this.era, capabilities);
    const instance = this.service.of(who.pubkey);
    if (instance !== undefined) this.#instances.set(party, instance);
    return party;
  }
}

function serveFixture(
  ground: Ground,
  { server }: Pair,
  service: Service,
  options: { signer?: Signer } = {},
): Promise<Host> {
  return server === 'v1' ? ground.serve(offerV1(service), options) : ground.serve(offerV2(service), options);
}

/** One end without an SDK. */
export interface End {
  /** Answers messages, if somebody says how. */
  onmessage?: (message: JsonRpcMessage) => void;
  readonly received: Recorder<JsonRpcMessage>;
  readonly errors: Recorder<Error>;
  readonly closes: Recorder<string>;
  send: (message: JsonRpcMessage) => Promise<void>;
  close: () => Promise<void>;
}

export interface ServerEnd extends End {
  readonly caller: Caller;
}

/** A way with nothing but transports at its ends, and room for others. */
export class Bare {
  readonly ground: Ground;
  readonly host: Host;
  readonly opened = new Recorder<ServerEnd>('a connection');
  readonly #closers: Set<() => Promise<void>> = new Set();

  private constructor(ground: Ground, host: Host) {
    this.ground = ground;
    this.host = host;
  }

  static async open(way: Way): Promise<Bare> {
    const ground = await openGround(way);
    const host = await ground.serve({
      factory: (caller) => ({
        connect: async (transport: NostrServerTransport) => {
          bare.opened.add(
            Object.assign(
              endOf(transport, () => {}),
              { caller },
            ),
          );
          await transport.start();
        },
        close: async () => {},
        decidesVersion: true,
      }),
    });
    const bare = new Bare(ground, host);
    return bare;
  }

  /** What is to be closed with the requirement. */
  onleave(close: () => Promise<void>): void {
    this.#closers.add(close);
  }

  /** Both ends of a new connection, which was opened by a `ping` that the server end answers. */
  async connect(key?: Key): Promise<{ client: End; server: ServerEnd; key: Key }> {
    const who = key ?? (await newKey());
    const line = this.host.open(who);
    const client = endOf(line, this.ground.onsend);
    this.onleave(client.close);
    const opened = this.opened.next(({ caller }) => caller.pubkey === who.pubkey);
    await line.start();
    await client.send({ jsonrpc: '2.0', id: 'opening', method: 'ping' });
    const server = await opened;
    await server.received.first();
    await server.send({ jsonrpc: '2.0', id: 'opening', result: {} });
    await client.received.first();
    return { client, server, key: who };
  }

  async clear(): Promise<void> {
    await this.ground.settle();
    const closers = [...this.#closers];
    this.#closers.clear();
    await Promise.all(closers.map((close) => close()));
  }

  async close(): Promise<void> {
    await this.clear();
    await this.ground.close();
  }
}

export function endOf(line: Line | NostrServerTransport, onsend: () => void): End {
  const received = new Recorder<JsonRpcMessage>('a message');
  const errors = new Recorder<Error>('an error of a transport');
  const closes = new Recorder<string>('the close of a transport');
  const onmessage = (message: JsonRpcMessage): void => {
    received.add(message);
    end.onmessage?.(message);
  };
  Object.assign(line, { onmessage, onerror: errors.add, onclose: () => closes.add('closed') });
  const end: End = {
    received,
    errors,
    closes,
    send: (message) => {
      onsend();
      return line.send(message); // each SDK's union is the same as ours
    },
    close: () => line.close(),
  };
  return end;
}
