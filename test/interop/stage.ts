import { NostrClientTransport } from '@mcp-nostr/client';
import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { type McpServerFactory, type McpServerLike, serve } from '@mcp-nostr/server';
import type { RelayState } from '@mcp-nostr/transport';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

import { KeptIds } from '../helpers/kept-ids.ts';
import { Recorder } from '../helpers/recorder.ts';
import type { Cell } from './cells.ts';
import { withoutHandshake } from './stateless.ts';
import { theirClientTransport, theirServerTransport } from './theirs.ts';
import { Tools } from './tools.ts';

/** The bound only turns a hang into a readable failure. */
const patienceMs = 30_000;

/** Of both SDKs, by their shape. */
type ForEitherSdk = Parameters<McpServerLike['connect']>[0];

export interface ConnectOptions {
  /** @default a new one */
  secretKey?: Uint8Array;
  /** @default the server of the cell */
  server?: string;
  /** How far our clock is ahead where the client is ours. */
  aheadMs?: number;
  /** Of our client. @default what the cell needs */
  encryption?: 'required' | 'none';
  /** For the handshake. */
  timeoutMs?: number;
}

export interface ServerOptions {
  /** How far our clock is ahead where the server is ours. */
  aheadMs?: number;
  /** Of our server. @default what the cell needs */
  encryption?: 'required' | 'optional' | 'none';
  /** @default a new one */
  secretKey?: Uint8Array;
  /** What makes the MCP server. @default the tools, for SDK 1.x */
  factory?: McpServerFactory;
  /** Theirs says who it is on the relays. */
  isAnnounced?: boolean;
  /** It has been there for an hour: theirs hears what is dated since then, ours knows what it has executed since then. */
  isOld?: boolean;
}

/** A cell with its server, on relays that it shares with others, and all that a test opens on it. */
export class Stage {
  readonly cell: Cell;
  readonly tools = new Tools();
  /** What our end reported. */
  readonly errors = new Recorder<Error>('an error of ours');
  /** Which need not be open when this is made. */
  readonly #relays: readonly { url: string }[];
  /** Of one test, and of the whole cell, its client included. */
  readonly #clients: Set<() => Promise<void>> = new Set();
  readonly #servers: Set<() => Promise<void>> = new Set();
  #server: Promise<string> | undefined;
  #client: Promise<Client> | undefined;

  constructor(cell: Cell, relays: readonly { url: string }[]) {
    this.cell = cell;
    this.#relays = relays;
  }

  get relayUrls(): string[] {
    return this.#relays.slice(0, this.cell.relays).map(({ url }) => url);
  }

  /** The key of the cell's server, which is started when it is first needed. */
  server(): Promise<string> {
    this.#server ??= this.serve();
    return this.#server;
  }

  /** The client of the cell, which stays. */
  client(): Promise<Client> {
    this.#client ??= this.#connect({}, this.#servers);
    return this.#client;
  }

  get isOurServer(): boolean {
    return this.cell.direction === 'their client, our server';
  }

  get isOurClient(): boolean {
    return this.cell.direction === 'our client, their server';
  }

  /** Another server with the same tools; returns its key. */
  async serve(options: ServerOptions = {}): Promise<string> {
    return this.isOurServer ? this.#serveOurs(options) : this.#serveTheirs(options);
  }

  /** A client whose handshake, if it has one, is done. */
  connect(options: ConnectOptions = {}): Promise<Client> {
    return this.#connect(options, this.#clients);
  }

  async #connect(options: ConnectOptions, closers: Set<() => Promise<void>>): Promise<Client> {
    const server = options.server ?? (await this.server());
    const client = new Client({ name: 'interop', version: '1.0.0' });
    closers.add(() => client.close());
    const transport = this.#transport(server, options);
    const begins = this.isOurClient && this.cell.start === 'stateless';
    await client.connect(begins ? withoutHandshake(transport) : transport, {
      timeout: options.timeoutMs ?? patienceMs,
    });
    return client;
  }

  /** A client of SDK 2.x that speaks MCP 2026-07-28 only, which has no handshake. */
  async connectModern(server: string): Promise<Client2> {
    const versionNegotiation = { mode: { pin: '2026-07-28' } };
    const client = new Client2({ name: 'modern', version: '1.0.0' }, { versionNegotiation });
    this.#clients.add(() => client.close());
    await client.connect(this.#transport(server, {}));
    return client;
  }

  /** For each request of a client. */
  get requestOptions(): { timeout: number } {
    return { timeout: patienceMs };
  }

  /** Closes the clients of one test. */
  async disconnect(): Promise<void> {
    await closeAll(this.#clients);
  }

  async closeServers(): Promise<void> {
    await closeAll(this.#servers);
  }

  async close(): Promise<void> {
    await closeAll(this.#clients);
    await closeAll(this.#servers);
  }

  /** Dates have whole seconds: what is said twice in one is the same event. */
  async nextSecond(): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, 1_005 - (Date.now() % 1_000));
    });
  }

  async #serveOurs(options: ServerOptions): Promise<string> {
    const { aheadMs = 0, encryption = this.#plain('optional'), isOld = false } = options;
    const states = new Recorder<RelayState>('a state of a relay');
    const server = await serve(
      {
        signer: secretKeySigner(options.secretKey ?? generateSecretKey()),
        relays: this.relayUrls,
        allow: 'public',
        encryption,
        onerror: this.errors.add,
        onrelay: states.add,
        now: () => Date.now() + aheadMs,
        ...(isOld && { seen: new KeptIds() }),
      },
      options.factory ?? this.tools.create,
    );
    this.#servers.add(() => server.close());
    const isReady = server.relays.map(({ url }) =>
      states.first((state) => state.url === url && state.status === 'ready'),
    );
    await Promise.all(isReady);
    return server.pubkey;
  }

  async #serveTheirs(options: ServerOptions): Promise<string> {
    const { secretKey, factory = this.tools.create, isAnnounced = false, isOld = false } = options;
    const { transport, pubkey, live } = theirServerTransport(
      this.cell,
      { relays: this.relayUrls, ...(secretKey && { secretKey }) },
      { isAnnouncedServer: isAnnounced, isOld },
    );
    // Theirs makes one for all clients.
    const mcp = await factory({ pubkey: '', npub: '', connectionId: '' });
    await mcp.connect(transport as unknown as ForEitherSdk);
    await live;
    this.#servers.add(async () => mcp.close());
    return pubkey;
  }

  #transport(server: string, { secretKey, aheadMs = 0, encryption }: ConnectOptions): Transport {
    const { cell, relayUrls: relays } = this;
    if (!this.isOurClient)
      return theirClientTransport(cell, server, { relays, ...(secretKey && { secretKey }) });
    return new NostrClientTransport({
      server,
      relays,
      signer: secretKeySigner(secretKey ?? generateSecretKey()),
      encryption: encryption ?? this.#plain('none'),
      now: () => Date.now() + aheadMs,
    });
  }

  /** A plain peer needs a mode of ours that says so. */
  #plain<Mode>(mode: Mode): Mode | 'required' {
    return this.cell.encryption === 'disabled' ? mode : 'required';
  }
}

/** Relays for all cells of a file. */
export async function openRelays(): Promise<Relay[]> {
  return Promise.all([startRelay(), startRelay()]);
}

async function closeAll(closers: Set<() => Promise<void>>): Promise<void> {
  const all = [...closers];
  closers.clear();
  await Promise.all(all.map((close) => close()));
}
