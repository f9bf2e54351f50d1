import { isRequest } from '@mcp-nostr/core';
import type { McpServerFactory } from '@mcp-nostr/server';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { linkOf } from '../helpers/link-of.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { Forger } from '../helpers/forger.ts';
import { heapBytes } from '../helpers/heap.ts';
import { leapingClock } from '../helpers/leaping-clock.ts';
import { plainLeg } from '../helpers/open-book.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

const openingsPerSecond = 50;
const resetBurst = 40;
const resetsPerSecond = 20;
const ping = { jsonrpc: '2.0' as const, id: 1, method: 'ping' };

/** The least that an MCP server can be, so that what is measured is ours. */
const answering: McpServerFactory = () => ({
  connect: async (transport) => {
    transport.onmessage = (message) => {
      if (isRequest(message)) transport.send({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => {}); // it may have been evicted
    };
    await transport.start();
  },
  close: async () => {},
});

interface Flood {
  world: World;
  fixture: Fixture;
  /** Control frames of the server by their kind. */
  said: (control: string) => number;
  connect: World['connect'];
  /** So many strangers, each with a key of its own and one frame; then the server has dealt with them. */
  strangers: (count: number, sequence: number) => Promise<void>;
}

/** A server at which one honest key is served by the fixture, and everybody else by next to nothing. */
async function withFlood(run: (flood: Flood) => Promise<void>): Promise<void> {
  const signer = newSigner();
  const honest = await signer.getPublicKey();
  const fixture = new Fixture();
  const controls = new Map<string, number>();
  const careless = ({ tags }: { tags: string[][] }): number[] => {
    const control = linkOf({ tags })?.control;
    if (control !== undefined) controls.set(control, (controls.get(control) ?? 0) + 1);
    return [0];
  };
  const factory: McpServerFactory = (caller) =>
    caller.pubkey === honest ? fixture.create(caller) : answering(caller);
  await withWorld(new World(plainLeg, factory, { careless }), async (world) => {
    const fence = await world.connect({ signer });
    const { pubkey } = world.server;
    await run({
      world,
      fixture,
      said: (control) => controls.get(control) ?? 0,
      connect: (options) => world.connect({ ...options, signer }),
      strangers: async (count, sequence) => {
        for (let index = 0; index < count; index++)
          world.inject(new Forger().craft(pubkey, { messages: [ping], link: { sequence } }), pubkey);
        await fence.client.ping({ timeout: 240_000 }); // it waits behind them all
      },
    });
  });
}

describe('throw-away keys', () => {
  it(
    'may open 10,000 connections: those at work stay, and what is kept is bounded',
    { timeout: 300_000 }, // thousands of signatures, on a machine that others use too
    () => {
      const leap = leapingClock();
      return withFlood(async ({ world, fixture, connect, strangers }) => {
        const updates = new Recorder<string>('an update of a resource');
        const { client, errors, closes } = await connect({
          prepare: (each) =>
            each.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
              updates.add(params.uri),
            ),
        });
        const { server } = fixture.newest;
        await client.subscribeResource({ uri: 'fixture://text' });
        const call = client.callTool({ name: 'wait', arguments: { name: 'flood' } });
        call.catch(() => {}); // awaited below
        await fixture.started.first();
        await strangers(200, 0);
        const before = await heapBytes();

        // As many as are let in, second by second, and then far more of them at once.
        for (let opened = 0; opened < 500; opened += openingsPerSecond) {
          leap(1000);
          await strangers(openingsPerSecond, 0);
        }
        const crowd = world.server.connections;
        for (let tried = 0; tried < 9500; tried += 500) await strangers(500, 0);

        const grownBytes = (await heapBytes()) - before;
        process.stdout.write(
          `10,000 connections of strangers: ${world.server.connections} are open, the heap has grown by ${(grownBytes / 2 ** 20).toFixed(1)} MiB\n`,
        );
        expect(crowd).toBe(100);
        expect(world.server.connections).toBe(100);
        expect(grownBytes).toBeLessThan(16 * 2 ** 20);
        fixture.release('flood');
        expect(await call).toMatchObject({ content: [{ text: 'waited for flood' }] });
        await server.server.sendResourceUpdated({ uri: 'fixture://text' });
        expect(await updates.first()).toBe('fixture://text');
        expect(fixture.started.count).toBe(1);
        expect([errors.items, closes.count]).toEqual([[], 0]);
      });
    },
  );

  it('that speak to connections which do not exist are told so a few times in a second', () => {
    const leap = leapingClock();
    return withFlood(async ({ world, fixture, connect, said, strangers }) => {
      const { client } = await connect({});
      const started = performance.now();
      await strangers(500, 3);
      leap(1000);
      await strangers(500, 3);
      const seconds = Math.ceil((performance.now() - started) / 1000);
      expect(said('reset')).toBeGreaterThan(resetBurst);
      expect(said('reset')).toBeLessThanOrEqual(resetBurst + seconds * resetsPerSecond);
      expect(world.server.connections).toBe(2);
      await client.callTool({ name: 'count', arguments: { key: 'honest' } });
      expect(fixture.executions.get('honest')).toBe(1);
    });
  });
});
