import type { McpServerFactory } from '@mcp-nostr/server';
import {
  InitializeRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, vi } from 'vitest';

import { Recorder } from '../helpers/recorder.ts';
import { calmLegs, serveWithKey, unheard } from '../helpers/restart.ts';
import { type Connected, type ConnectOptions, newSigner, withWorld, World } from '../helpers/world.ts';

const uri = 'fixture://text';

interface Listener extends Connected {
  updates: Recorder<string>;
  levels: Recorder<string>;
}

/** A client that is subscribed to a resource, and wants no log line below a warning. */
async function listener(world: World, options: ConnectOptions): Promise<Listener> {
  const updates = new Recorder<string>('an update of a resource');
  const levels = new Recorder<string>('a log line');
  const connected = await world.connect({
    ...options,
    capabilities: { roots: { listChanged: true } },
    prepare: (client) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
        updates.add(params.uri),
      );
      client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) =>
        levels.add(params.level),
      );
    },
  });
  await connected.client.setLoggingLevel('warning');
  await connected.client.subscribeResource({ uri });
  return { ...connected, updates, levels };
}

/** The tool call's error code, or the word `answered`. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'answered',
    (error: { data?: { code?: unknown } }) => error.data?.code ?? error,
  );
}

describe.concurrent.each(calmLegs)('a server that was killed and started again, $name', (leg) => {
  it('is not noticed by an idle client, whose session it has', () =>
    withWorld(new World(leg), async (world) => {
      const { fixture } = world;
      const first = await serveWithKey(world, fixture.create);
      const connected = await listener(world, { server: first.server.address });
      const { client, updates, levels, closes } = connected;
      const before = fixture.newest;
      const second = await first.again(fixture.create);

      expect((await client.listTools()).tools.length).toBeGreaterThan(5);
      await client.callTool({ name: 'count', arguments: { key: 'after' } });
      expect(fixture.executions.get('after')).toBe(1);
      const { server, subscriptions } = fixture.newest;
      expect(fixture.newest).not.toBe(before);
      expect(second.server.connections).toBe(1);
      expect(server.server.getClientVersion()).toEqual(before.server.server.getClientVersion());
      expect(server.server.getClientCapabilities()).toEqual({ roots: { listChanged: true } });

      await client.callTool({ name: 'log', arguments: { text: 'x' } });
      expect(levels.items).toEqual(['warning']);
      expect([...subscriptions]).toEqual([uri]);
      await server.server.sendResourceUpdated({ uri });
      expect(await updates.first()).toBe(uri);
      expect(closes.count).toBe(0);
    }));

  it('answers what does no harm and was under way; a tool call fails once and is not executed again', () =>
    withWorld(new World(leg), async (world) => {
      const { fixture } = world;
      const reads = new Recorder<string>('a resource that is read');
      /** Of the first process nobody hears what it reads. */
      const withSlow =
        (isStuck: boolean): McpServerFactory =>
        (caller) => {
          const server = fixture.create(caller);
          server.registerResource('slow', 'fixture://slow', {}, async () => {
            reads.add(isStuck ? 'first' : 'second');
            if (isStuck) await fixture.gate('slow').opened;
            return { contents: [{ uri: 'fixture://slow', text: isStuck ? 'first' : 'second' }] };
          });
          return server;
        };
      const first = await serveWithKey(world, withSlow(true));
      const { client, closes, errors } = await world.connect({ server: first.server.address });
      const outcomes: unknown[] = [];
      const calls = ['one', 'two'].map(async (name) => {
        outcomes.push(await outcomeOf(client.callTool({ name: 'wait', arguments: { name } })));
      });
      const read = client.readResource({ uri: 'fixture://slow' });
      await Promise.all([fixture.started.reached(2), reads.first()]);
      await first.again(withSlow(false));

      await client.ping();
      expect(await read).toMatchObject({ contents: [{ text: 'second' }] });
      await Promise.all(calls);
      for (const name of ['one', 'two', 'slow']) fixture.release(name);
      await client.callTool({ name: 'count', arguments: { key: 'fence' } });
      expect(outcomes).toEqual(['outcome_unknown', 'outcome_unknown']);
      expect(fixture.started.items).toEqual(['one', 'two']);
      expect(closes.count).toBe(0);
      // The SDK complains of a second answer to one request.
      expect(errors.items.filter(({ message }) => /unknown message id/i.test(message))).toEqual([]);
    }));

  it('executes the first tool call of a client to which the process before it had said goodbye', () =>
    withWorld(new World(leg), async (world) => {
      const { fixture } = world;
      const first = await serveWithKey(world, fixture.create);
      const { client, closes, errors } = await world.connect({ server: first.server.address });
      const told = errors.next(({ message }) => message.includes('server_closed'));
      await first.server.close();
      await told;
      await first.again(fixture.create);
      await client.callTool({ name: 'count', arguments: { key: 'told' } });
      expect(fixture.executions.get('told')).toBe(1);
      expect(closes.count).toBe(0);
    }));

  it.each([
    ['speaks another version', '2024-11-05'],
    ['refuses the session', undefined],
  ])('ends the session once, with what was under way, when it %s', (_, protocolVersion) =>
    withWorld(new World(leg), async (world) => {
      const { fixture } = world;
      const first = await serveWithKey(world, fixture.create);
      const { client, closes } = await world.connect({ server: first.server.address });
      const call = outcomeOf(client.callTool({ name: 'wait', arguments: { name: 'lost' } }));
      await fixture.started.first();
      await first.again((caller) => {
        const server = fixture.create(caller);
        server.server.setRequestHandler(InitializeRequestSchema, ({ params }) => {
          if (protocolVersion === undefined) throw new Error('not you again');
          const serverInfo = { name: 'other', version: '1' };
          return { ...params, protocolVersion, capabilities: {}, serverInfo };
        });
        return server;
      });
      const ping = outcomeOf(client.ping());
      await closes.first();
      expect(await Promise.all([call, ping])).toEqual(['outcome_unknown', 'server_failed']);
      await expect(client.ping()).rejects.toThrow('Not connected');
      expect(closes.count).toBe(1);
      expect(fixture.started.items).toEqual(['lost']);
    }),
  );
});

describe.concurrent.each(calmLegs)('a client, $name', (leg) => {
  it('that was killed is there again at once, with the same key', () =>
    withWorld(new World(leg), async (world) => {
      const signer = newSigner();
      const before = await world.connect({ signer });
      await before.client.callTool({ name: 'count', arguments: { key: 'before' } });
      await unheard(world, () => before.client.close());
      const after = await world.connect({ signer });
      await after.client.callTool({ name: 'count', arguments: { key: 'after' } });
      expect([...world.fixture.executions]).toEqual([
        ['before', 1],
        ['after', 1],
      ]);
      expect(world.fixture.newest.closes.count).toBe(0);
    }));

  it('that is subscribed and had to make room for others does not notice it', () =>
    withWorld(new World(leg, undefined, { serve: { maxConnections: 2 } }), async (world) => {
      const { fixture } = world;
      const { client, updates, levels, closes } = await listener(world, {});
      const [evicted] = fixture.instances;
      const busy = await world.connect();
      const call = busy.client.callTool({ name: 'wait', arguments: { name: 'busy' } });
      await fixture.started.first();
      // The first is not idle before it has acknowledged its last answer.
      const other = await vi.waitFor(() => world.connect(), { timeout: 25_000, interval: 50 });
      await evicted?.closes.first();
      // Three clients that want two places at the same time would go on making room for each other.
      await other.client.close();

      // Without a word of its own it is back.
      const [, , , back] = await fixture.opened.reached(4);
      expect(back?.caller.pubkey).toBe(evicted?.caller.pubkey);
      await client.callTool({ name: 'log', arguments: { text: 'x' } });
      await back?.server.server.sendResourceUpdated({ uri });
      expect(await updates.first()).toBe(uri);
      expect(levels.items).toEqual(['warning']);
      fixture.release('busy');
      expect(await call).toMatchObject({ content: [{ text: 'waited for busy' }] });
      expect([closes, busy.closes].map(({ count }) => count)).toEqual([0, 0]);
    }));
});
