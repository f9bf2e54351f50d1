import { NostrClientTransport, type NostrClientTransportOptions } from '@mcp-nostr/client';
import { generateSecretKey, type NostrEvent, secretKeySigner, type Signer } from '@mcp-nostr/core';
import { type Relay, type RelayLimits, startRelay } from '@mcp-nostr/relay';
import {
  type McpServerFactory,
  type McpServerLike,
  type NostrServer,
  serve,
  type ServeOptions,
} from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, onTestFailed, type TestContext } from 'vitest';

import { CarelessRelay, type Treatment } from './careless-relay.ts';
import { FaultRelay } from './fault-relay.ts';
import { Fixture } from './fixture-server.ts';
import { freePort } from './free-ports.ts';
import type { Leg } from './legs.ts';
import { newSeed } from './random.ts';
import { Recorder } from './recorder.ts';

export interface WorldOptions {
  /** Makes its relays careless ones that treat events so. */
  careless?: Treatment;
  relayLimits?: Partial<RelayLimits>;
  serve?: Partial<ServeOptions>;
}

export interface ConnectOptions extends Partial<NostrClientTransportOptions> {
  capabilities?: ClientCapabilities;
  /** Sets handlers before the client connects. */
  prepare?: (client: Client) => void;
}

/** A server with what it reported. */
export interface Served<Mcp extends McpServerLike = McpServerLike> {
  readonly server: NostrServer<Mcp>;
  readonly errors: Recorder<Error>;
  readonly states: Recorder<RelayState>;
}

export interface Connected {
  readonly client: Client;
  readonly transport: NostrClientTransport;
  readonly errors: Recorder<Error>;
  /** Once for each time that `onclose` came. */
  readonly closes: Recorder<string>;
  readonly states: Recorder<RelayState>;
}

/** One for all worlds of a file: vitest shows failures that look alike as one, with the text of the first. */
const seed = newSeed();

/** Relays in process, a server and its clients, all over real sockets. */
export class World {
  readonly leg: Leg;
  readonly fixture: Fixture;
  readonly #options: WorldOptions;
  readonly #factory: McpServerFactory;
  readonly #relays: Relay[] = [];
  readonly #careless: CarelessRelay[] = [];
  readonly #servers: Served[] = [];
  readonly #clients: Set<() => Promise<void>> = new Set();
  readonly #others: Set<() => Promise<void>> = new Set();

  constructor(leg: Leg, factory?: McpServerFactory, options: WorldOptions = {}) {
    this.leg = leg;
    this.fixture = new Fixture();
    this.#factory = factory ?? this.fixture.create;
    this.#options = options;
  }

  async open(): Promise<this> {
    for (let i = 0; i < this.leg.relayCount; i++) {
      const { careless } = this.#options;
      if (careless === undefined) this.#relays.push(await this.#openRelay(i));
      else this.#careless.push(await CarelessRelay.open(careless));
    }
    await this.serve(this.#factory, this.#options.serve);
    return this;
  }

  get relays(): readonly Relay[] {
    return this.#relays;
  }

  /** The same, on a leg where something goes wrong at them. */
  get faultRelays(): FaultRelay[] {
    return this.#relays.filter((relay) => relay instanceof FaultRelay);
  }

  get relayUrls(): string[] {
    return [...this.#relays, ...this.#careless].map(({ url }) => url);
  }

  /** Hands an event to whoever listens for this key, past everything that an honest relay checks. */
  inject(event: NostrEvent, pubkey: string): void {
    this.#careless[0]?.inject(event, pubkey);
  }

  /** The first server. */
  get served(): Served {
    const [served] = this.#servers;
    if (served === undefined) throw new Error('the world is not open');
    return served;
  }

  get server(): NostrServer {
    return this.served.server;
  }

  /** Another server on the same relays. */
  async serve<Mcp extends McpServerLike>(
    factory: McpServerFactory<Mcp>,
    options: Partial<ServeOptions<Mcp>> = {},
  ): Promise<Served<Mcp>> {
    const errors = new Recorder<Error>('an error of the server');
    const states = new Recorder<RelayState>("a state of the server's relays");
    const server = await serve(
      {
        signer: newSigner(),
        relays: this.relayUrls,
        allow: 'public',
        encryption: this.leg.encryption,
        onerror: errors.add,
        onrelay: states.add,
        ...options,
      },
      factory,
    );
    const served: Served<Mcp> = { server, errors, states };
    this.#servers.push(served);
    return served;
  }

  /** A transport that is not started, closed with the world. */
  transport(options: Partial<NostrClientTransportOptions> = {}): NostrClientTransport {
    const transport = new NostrClientTransport({
      server: this.#servers[0]?.server.address ?? '',
      encryption: this.leg.encryption,
      ...options,
    });
    this.#clients.add(() => transport.close());
    return transport;
  }

  /** An SDK client with its handshake done. */
  async connect(options: ConnectOptions = {}): Promise<Connected> {
    const { capabilities = {}, prepare, ...rest } = options;
    const errors = new Recorder<Error>('an error of the client');
    const closes = new Recorder<string>('the close of a client');
    const states = new Recorder<RelayState>("a state of the client's relays");
    const transport = this.transport({ onrelay: states.add, ...rest });
    const client = new Client({ name: 'test-client', version: '3.2.1' }, { capabilities });
    Object.assign(client, { onerror: errors.add, onclose: () => closes.add('closed') });
    prepare?.(client);
    await client.connect(transport);
    return { client, transport, errors, closes, states };
  }

  /** Closes what belongs to one test: its clients, then the rest. */
  async disconnect(): Promise<void> {
    await closeAll(this.#clients);
    await closeAll(this.#others);
  }

  /** What else is to be closed with the world. */
  onclose(close: () => Promise<void>): void {
    this.#others.add(close);
  }

  /** Starts a relay again where it was. */
  async restartRelay(index: number, meanwhile?: () => Promise<void>): Promise<void> {
    const relay = this.#relays[index];
    if (relay === undefined) throw new RangeError(`there is no relay ${index}`);
    if (relay instanceof FaultRelay) {
      await relay.stop();
      await meanwhile?.();
      return relay.start();
    }
    await relay.close();
    await meanwhile?.();
    this.#relays[index] = await startRelay({
      port: relay.port,
      limits: this.#options.relayLimits ?? {},
    });
  }

  async close(): Promise<void> {
    await closeAll(this.#clients);
    await Promise.all(this.#servers.map(({ server }) => server.close()));
    await closeAll(this.#others);
    await Promise.all([...this.#relays, ...this.#careless].map((relay) => relay.close()));
  }

  async #openRelay(index: number): Promise<Relay> {
    const { relayLimits = {} } = this.#options;
    const { faults } = this.leg;
    // Its own also while it is away.
    if (faults === undefined) return startRelay({ port: await freePort(), limits: relayLimits });
    return FaultRelay.open({ seed: seed + index, faults, relayLimits });
  }
}

/** A world of its own for one test: closed whatever the test does. */
export async function withWorld(world: World, run: (world: World) => Promise<void>): Promise<void> {
  if (world.leg.faults !== undefined) onTestFailed(tellSeed);
  try {
    await run(await world.open());
  } finally {
    await world.close();
  }
}

/** One world for the tests of a `describe`; the clients of each test are closed after it. */
export function sharedWorld(leg: Leg, factory?: McpServerFactory, options?: WorldOptions): World {
  const world = new World(leg, factory, options);
  beforeAll(async () => {
    await world.open();
  });
  afterEach(async (context) => {
    if (leg.faults !== undefined) tellSeed(context);
    await world.disconnect();
  });
  afterAll(() => world.close());
  return world;
}

/** Whoever reads the failure can have the same faults again. */
function tellSeed({ task }: TestContext): void {
  for (const error of task.result?.errors ?? []) error.message += ` (faults of TEST_SEED=${seed})`;
}

export function newSigner(): Signer {
  return secretKeySigner(generateSecretKey());
}

async function closeAll(closers: Set<() => Promise<void>>): Promise<void> {
  const all = [...closers];
  closers.clear();
  await Promise.all(all.map((close) => close()));
}
