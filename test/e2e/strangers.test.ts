import { isRequest, type NostrEvent, parseLinkTag } from '@mcp-nostr/core';
import { type McpServerFactory, serve } from '@mcp-nostr/server';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { linkOf } from '../helpers/link-of.ts';
import { Forger } from '../helpers/forger.ts';
import type { Leg } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

// In plain text, so that a test can read what the server says; the bounds do not depend on the form.
const leg: Leg = { name: 'plain, one relay', encryption: 'none', relayCount: 1 };
/** What strangers can have of 40 at once and 20 a second. */
const refusalBurst = 30;
const refusalsPerSecond = 15;
const openingBurst = 200;
const ping = { jsonrpc: '2.0' as const, id: 1, method: 'ping' };

const answering: McpServerFactory = () => ({
  connect: async (transport) => {
    transport.onmessage = (message) => {
      if (isRequest(message)) transport.send({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => {}); // the world may be over
    };
    await transport.start();
  },
  close: async () => {},
});

afterEach(() => void vi.useRealTimers());

describe('strangers at a server', () => {
  /** A server that serves one key; time stands still, so that no bucket fills up unless a test says so. */
  async function atServer(run: (given: Given) => Promise<void>): Promise<void> {
    vi.useFakeTimers({ toFake: ['performance'] });
    const traffic = new Recorder<NostrEvent>('an event');
    const careless = (event: NostrEvent): number[] => {
      traffic.add(event);
      return [];
    };
    const known = new Forger();
    const options = { careless, serve: { allow: [known.pubkey] } };
    await withWorld(new World(leg, answering, options), async (world) => {
      await world.served.states.first(({ status }) => status === 'ready');
      const { pubkey } = world.server;
      const inject = (event: NostrEvent): void => world.inject(event, pubkey);
      const said = (control: string): NostrEvent[] =>
        traffic.items.filter((event) => linkOf(event)?.control === control);
      const flood = (count: number): void => {
        for (let i = 0; i < count; i++) inject(new Forger().craft(pubkey));
      };
      let next = 0;
      // What the known key says comes last, so when it is answered the rest has been dealt with.
      const settled = async (): Promise<void> => {
        const connection = String(++next).padStart(32, '0');
        inject(known.craft(pubkey, { messages: [ping], link: { connection } }));
        await traffic.first((event) => linkOf(event)?.connection === connection);
      };
      await run({ pubkey, known, traffic, inject, said, flood, settled });
    });
  }

  interface Given {
    pubkey: string;
    known: Forger;
    traffic: Recorder<NostrEvent>;
    inject: (event: NostrEvent) => void;
    said: (control: string) => NostrEvent[];
    flood: (count: number) => void;
    settled: () => Promise<void>;
  }

  it('are refused as long as there are not too many of them in a second', () =>
    atServer(async ({ flood, said, settled }) => {
      flood(refusalBurst + 10);
      await settled();
      expect(said('refuse')).toHaveLength(refusalBurst);
      vi.advanceTimersByTime(1000);
      flood(refusalsPerSecond + 10);
      await settled();
      expect(said('refuse')).toHaveLength(refusalBurst + refusalsPerSecond);
    }));

  it('do not keep a known client from its reset, however many of them are refused', () =>
    atServer(async ({ pubkey, known, traffic, inject, said, flood, settled }) => {
      flood(refusalBurst + 10);
      inject(known.craft(pubkey, { messages: [ping], link: { sequence: 3 } }));
      await traffic.first((event) => linkOf(event)?.control === 'reset');
      await settled();
      expect(said('reset')).toHaveLength(1);
      expect(said('refuse')).toHaveLength(refusalBurst);
    }));

  it('who do not listen cost one event each: it is not offered again while it is muted', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const relay = await openScriptedRelay({ refusesEvents: 'mute: nobody is listening' });
    const allow = [new Forger().pubkey];
    const server = await serve(
      { signer: newSigner(), relays: [relay.url], allow, encryption: 'none' },
      answering,
    );
    await relay.heard('REQ');
    const stranger = async (count: number): Promise<void> => {
      relay.deliver(new Forger().craft(server.pubkey));
      await relay.heard('EVENT', count);
    };
    // When the third is answered, the server has read what the relay said of the two before it.
    for (const count of [1, 2, 3]) await stranger(count);
    await vi.advanceTimersByTimeAsync(10_000);
    await stranger(4);
    expect(relay.log.filter((line) => line.startsWith('EVENT'))).toHaveLength(4);
    await server.close();
  });
});

describe('new connections', () => {
  it('are refused with the word busy when too many come at once', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const traffic = new Recorder<NostrEvent>('an event');
    const careless = (event: NostrEvent): number[] => {
      traffic.add(event);
      return [];
    };
    const world = new World(leg, answering, { careless, serve: { maxConnections: openingBurst + 50 } });
    await withWorld(world, async ({ server, served }) => {
      await served.states.first(({ status }) => status === 'ready');
      const openings = Array.from({ length: openingBurst + 1 }, () =>
        new Forger().craft(server.pubkey, { messages: [ping] }),
      );
      for (const opening of openings) world.inject(opening, server.pubkey);
      const refusal = await traffic.first((event) => linkOf(event)?.control === 'refuse');
      expect(parseLinkTag(refusal.tags)).toMatchObject({
        detail: 'busy',
        connection: parseLinkTag(openings.at(-1)?.tags ?? []).connection,
      });
      expect(server.connections).toBe(openingBurst);
    });
  });
});
