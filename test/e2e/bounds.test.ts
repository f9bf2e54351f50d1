import { isRequest, type NostrEvent, parseLinkTag, randomHex, unwrapEvent } from '@mcp-nostr/core';
import type { McpServerFactory, RequestReport } from '@mcp-nostr/server';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { linkOf } from '../helpers/link-of.ts';
import { countCall, dress, Forger, initialize } from '../helpers/forger.ts';
import type { Leg } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, withWorld, World, type WorldOptions } from '../helpers/world.ts';

// In plain text, so that a test can read what the server says; the bounds do not depend on the form.
const leg: Leg = { name: 'plain, one relay', encryption: 'none', relayCount: 1 };
const maxConnectionsPerKey = 32;
const ping = { jsonrpc: '2.0' as const, id: 1, method: 'ping' };

afterEach(() => void vi.useRealTimers());

/** MCP servers that answer everything, with the ids of the connections that had one made and closed. */
function servers(close: () => Promise<void> = async () => {}) {
  const made: string[] = [];
  const closed = new Recorder<string>('the close of a server');
  const factory: McpServerFactory = ({ connectionId }) => {
    made.push(connectionId);
    return {
      connect: async (transport) => {
        transport.onmessage = (message) => {
          if (isRequest(message))
            transport.send({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => {}); // the world may be over
        };
        await transport.start();
      },
      close: () => {
        closed.add(connectionId);
        return close();
      },
    };
  };
  return { made, closed, factory };
}

/** A world in which a test says every word of the clients itself. */
async function byHand(
  factory: McpServerFactory | undefined,
  serve: WorldOptions['serve'],
  run: (world: World, traffic: Recorder<NostrEvent>) => Promise<void>,
): Promise<void> {
  const traffic = new Recorder<NostrEvent>('an event');
  const careless = (event: NostrEvent): number[] => {
    traffic.add(event);
    return [];
  };
  await withWorld(new World(leg, factory, { careless, ...(serve && { serve }) }), async (world) => {
    await world.served.states.first(({ status }) => status === 'ready');
    await run(world, traffic);
  });
}

/** Opens connections one after the other and has their answers; gives their ids and the server's instance. */
async function openAll(
  world: World,
  traffic: Recorder<NostrEvent>,
  forger: Forger,
  count: number,
): Promise<{ ids: string[]; instance: string }> {
  const { pubkey } = world.server;
  const ids: string[] = [];
  let instance = '';
  for (let i = 0; i < count; i++) {
    const connection = randomHex(16);
    ids.push(connection);
    world.inject(forger.craft(pubkey, { messages: [ping], link: { connection } }), pubkey);
    const answer = await traffic.first((event) => linkOf(event)?.connection === connection);
    const link = parseLinkTag(answer.tags);
    ({ instance } = link);
    if (link.sequence === undefined) continue;
    // A connection whose answer is still on its way is not idle.
    const ack = { connection, instance, control: 'ack', acknowledged: 1, detail: 'x' } as const;
    world.inject(forger.craft(pubkey, { link: ack }), pubkey);
  }
  return { ids, instance };
}

describe('the connections of one key', () => {
  it('are bounded: one more ends the one that was silent longest, and none of another key', async () => {
    const { closed, factory } = servers();
    await byHand(factory, undefined, async (world, traffic) => {
      const { pubkey } = world.server;
      await openAll(world, traffic, new Forger(), 1);
      const crowd = new Forger();
      const { ids, instance } = await openAll(world, traffic, crowd, maxConnectionsPerKey);
      expect(world.server.connections).toBe(maxConnectionsPerKey + 1);
      expect(closed.items).toEqual([]);
      // The first one shows itself, so that the second is the most silent.
      const link = {
        connection: ids[0] ?? '',
        instance,
        control: 'probe',
        detail: 'x',
        acknowledged: 1,
      } as const;
      world.inject(crowd.craft(pubkey, { link }), pubkey);
      await openAll(world, traffic, crowd, 1);
      expect(closed.items).toEqual([ids[1]]);
      expect(world.server.connections).toBe(maxConnectionsPerKey + 1);
    });
  });
});

describe('connections whose MCP servers are still being closed', () => {
  it('take room, so that never more servers are made than twice the bound', async () => {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { made, factory } = servers(() => released);
    await byHand(factory, { maxConnections: 2 }, async (world, traffic) => {
      try {
        await openAll(world, traffic, new Forger(), 10);
        expect(made).toHaveLength(4);
        expect(world.server.connections).toBe(2);
        release();
        await released;
        // With the servers gone there is room again.
        await openAll(world, traffic, new Forger(), 2);
        expect(made).toHaveLength(6);
      } finally {
        release();
      }
    });
  });
});

describe('an encrypted connection', () => {
  it('executes nothing that comes in plain text, where the server takes both forms', async () => {
    const requests = new Recorder<RequestReport>('the end of a request');
    const serve = { encryption: 'optional', onrequest: requests.add } as const;
    await byHand(undefined, serve, async (world, traffic) => {
      const { pubkey } = world.server;
      const forger = new Forger();
      world.inject(dress(forger.craft(pubkey, { messages: [initialize] }), pubkey, true), pubkey);
      const answer = await unwrapEvent(await traffic.first(), forger.signer);
      const { instance } = parseLinkTag(answer.tags);
      const call = (key: string): NostrEvent =>
        forger.craft(pubkey, { messages: [countCall(key)], link: { sequence: 1, instance } });
      world.inject(call('plain'), pubkey);
      world.inject(dress(call('encrypted'), pubkey, true), pubkey);
      await requests.first(({ name }) => name === 'count');
      expect([...world.fixture.executions]).toEqual([['encrypted', 1]]);
    });
  });
});

describe('a server whose signer does not answer any more', () => {
  it('closes all the same', async () => {
    const own = newSigner();
    let isSilent = false;
    const signer = {
      ...own,
      signEvent: (template: Parameters<typeof own.signEvent>[0]) =>
        isSilent ? new Promise<never>(() => {}) : own.signEvent(template),
    };
    const { closed, factory } = servers();
    await byHand(factory, { signer }, async (world, traffic) => {
      const { ids } = await openAll(world, traffic, new Forger(), 2);
      isSilent = true;
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const over = world.server.close();
      await vi.advanceTimersByTimeAsync(2000);
      await over;
      expect(closed.items.sort()).toEqual(ids.sort());
      expect(world.server.relays).toMatchObject([{ status: 'closed' }]);
    });
  });
});
