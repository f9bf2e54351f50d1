import { setTimeout as pause } from 'node:timers/promises';

import type { NostrClientTransportOptions } from '@mcp-nostr/client';
import { formatNpub, randomHex, type Signer } from '@mcp-nostr/core';
import type {
  McpServerFactory,
  McpServerLike,
  NostrServer,
  ServeOptions,
  ServeStdio,
} from '@mcp-nostr/server';
import { InMemoryTransport } from '@modelcontextprotocol/client';

import { Recorder } from '../helpers/recorder.ts';
import { newSigner, World } from '../helpers/world.ts';
import type { Line } from './client/tap.ts';
import type { Era } from './requirement.ts';
import type { Way } from './ways.ts';

/** Who calls; in memory no more than a name. */
export interface Key {
  readonly pubkey: string;
  readonly signer: Signer;
}

/** What is served: by hand, and then in the old era alone, or by `serveStdio`. */
export interface Offer<Mcp extends McpServerLike> {
  readonly factory: McpServerFactory<Mcp>;
  readonly serveStdio?: ServeStdio<Mcp>;
}

/** An MCP server that can be reached. */
export interface Host {
  readonly errors: Recorder<Error>;
  /** Absent in memory. */
  readonly server?: NostrServer;
  /** A client's end that is not started. */
  open: (key: Key, options?: Partial<NostrClientTransportOptions>) => Line;
  close: () => Promise<void>;
}

/** A way that lies open, and what can be done to it. */
export interface Ground {
  readonly way: Way;
  /** Absent in memory. */
  readonly world?: World;
  serve: <Mcp extends McpServerLike>(
    offer: Offer<Mcp>,
    options?: Partial<ServeOptions<Mcp>>,
  ) => Promise<Host>;
  /** Where the way is one that is interrupted: once, with the next message of a client. */
  arm: () => void;
  /** A client sends a message. */
  onsend: () => void;
  /** What the way does to messages has happened: a way that does nothing would prove nothing. */
  isProven: () => boolean;
  /** The interruption is over. */
  settle: () => Promise<void>;
  close: () => Promise<void>;
}

export async function newKey(): Promise<Key> {
  const signer = newSigner();
  return { signer, pubkey: await signer.getPublicKey() };
}

export async function openGround(way: Way): Promise<Ground> {
  return way.leg === undefined ? memoryGround(way) : nostrGround(way);
}

function memoryGround(way: Way): Ground {
  const hosts: Host[] = [];
  return {
    way,
    serve: async (offer) => {
      const host = memoryHost(offer);
      hosts.push(host);
      return host;
    },
    arm: () => {},
    onsend: () => {},
    isProven: () => true,
    settle: async () => {},
    close: async () => {
      for (const host of hosts) await host.close();
    },
  };
}

function memoryHost<Mcp extends McpServerLike>({ factory, serveStdio }: Offer<Mcp>): Host {
  const errors = new Recorder<Error>('an error of the server');
  const servers: Promise<{ close: () => Promise<void> } | undefined>[] = [];
  return {
    errors,
    open: ({ pubkey }) => {
      const [client, server] = InMemoryTransport.createLinkedPair();
      const caller = { pubkey, npub: formatNpub(pubkey), connectionId: randomHex(16) };
      server.sessionId = caller.connectionId;
      const transport = server as never; // it has all that they need of a transport
      const connect = async (): Promise<{ close: () => Promise<void> }> => {
        if (serveStdio !== undefined) {
          const make = async ({ era }: { era: Era }): Promise<Mcp> => factory({ ...caller, era });
          return serveStdio(make, { transport, onerror: errors.add });
        }
        const mcp = await factory(caller);
        await mcp.connect(transport);
        return mcp;
      };
      servers.push(
        connect().catch((error: unknown) => {
          errors.add(new Error('no server', { cause: error }));
          return undefined;
        }),
      );
      return client;
    },
    close: async () => {
      for (const server of servers) await (await server)?.close();
    },
  };
}

/** How long after a message the way breaks: before it has left, on its way, when it has arrived. */
const MOMENTS_MS = [0, 4, 12];
const DOWN_MS = 30;

async function nostrGround(way: Way & { leg?: Way['leg'] }): Promise<Ground> {
  const { leg } = way;
  if (leg === undefined) throw new Error(`${way.name} has no relays`);
  const world = new World(leg, () => Promise.reject(new Error('nobody is served here')));
  await world.open();
  let isArmed = false;
  let outages = 0;
  let outage: Promise<unknown> = Promise.resolve();
  const interrupt = async (): Promise<void> => {
    await pause(MOMENTS_MS[outages++ % MOMENTS_MS.length]);
    await Promise.all(world.faultRelays.map((relay) => relay.restart(DOWN_MS)));
  };
  return {
    way,
    world,
    serve: async ({ factory, serveStdio }, options) => {
      const { server, errors, states } = await world.serve(factory, { serveStdio, ...options });
      await states.first(({ status }) => status === 'ready');
      return {
        errors,
        server,
        open: ({ signer }, more) => world.transport({ server: server.address, signer, ...more }),
        close: () => server.close(),
      };
    },
    arm: () => {
      isArmed = way.isInterrupted === true;
    },
    onsend: () => {
      if (!isArmed) return;
      isArmed = false;
      outage = interrupt();
    },
    isProven: () => {
      const { reorder = 0, repeat = 0 } = leg.faults ?? {};
      const isUnruly = world.faultRelays.every(
        ({ counts }) => (reorder === 0 || counts.reordered > 0) && (repeat === 0 || counts.repeated > 0),
      );
      return isUnruly && (way.isInterrupted !== true || outages > 0);
    },
    settle: async () => {
      isArmed = false;
      await outage;
    },
    close: () => world.close(),
  };
}
