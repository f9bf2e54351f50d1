import type { JsonRpcMessage } from '@mcp-nostr/core';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { dress, Forger } from '../helpers/forger.ts';
import { HostileClient } from '../helpers/hostile-client.ts';
import type { Leg } from '../helpers/legs.ts';
import { linkOf } from '../helpers/link-of.ts';
import { plainLeg, withOpenBook } from '../helpers/open-book.ts';
import { Recorder } from '../helpers/recorder.ts';
import { digest, pattern, textResult, Workload } from '../helpers/workload-server.ts';
import { type Connected, newSigner } from '../helpers/world.ts';

const encrypted: Leg = { ...plainLeg, encryption: 'required' };

function count({ client }: Connected, key: string): Promise<unknown> {
  return client.callTool({ name: 'count', arguments: { key } });
}

describe('isolation', () => {
  it('of the form: a client that wants encryption takes nothing in plain text, not of its server either', () => {
    // A server that a test can speak for: it has its key.
    const forger = new Forger();
    const given = { leg: encrypted, serve: { signer: forger.signer } };
    return withOpenBook(given, async (world) => {
      const { client, errors } = await world.connect();
      const { pubkey, connectionId: connection } = world.fixture.newest.caller;
      const call = client.callTool({ name: 'wait', arguments: { name: 'form' } });
      await world.fixture.started.first();
      const dropped = errors.next(({ message }) => message.includes('25910'));
      for (const sequence of [1, 2, 3, 4]) {
        const messages = [0, 1, 2, 3].map((id): JsonRpcMessage => ({
          jsonrpc: '2.0',
          id,
          result: textResult('leak'),
        }));
        world.inject(forger.craft(pubkey, { messages, link: { connection, sequence } }), pubkey);
      }
      await dropped;
      world.fixture.release('form');
      expect(await call).toEqual(textResult('waited for form'));
    });
  });

  it('of a reset: one that the server signed for another connection, or long ago, ends no other', () => {
    const forger = new Forger();
    return withOpenBook({ serve: { signer: forger.signer } }, async (world, traffic) => {
      const stray = new HostileClient(world, traffic);
      stray.say({ link: { sequence: 7 }, messages: [] });
      await stray.heard(({ control }) => control === 'reset');
      const connected = await world.connect();
      const { pubkey, connectionId: connection } = world.fixture.newest.caller;
      const call = connected.client.callTool({ name: 'wait', arguments: { name: 'reset' } });
      await world.fixture.started.first();
      for (const event of stray.answers) world.inject(event, pubkey);
      // As another process with the same key would have said it, again and again.
      for (let time = 0; time < 20; time++) {
        const link = { connection, instance: 'f'.repeat(16), control: 'reset', detail: 'unknown' } as const;
        world.inject(dress(forger.craft(pubkey, { link, age: time }), pubkey, false), pubkey);
      }
      await count(connected, 'beside the resets');
      world.fixture.release('reset');
      expect(await call).toEqual(textResult('waited for reset'));
      expect(world.fixture.instances).toHaveLength(1);
      expect(connected.closes.count).toBe(0);
      // What is addressed to another key is dropped, and that is said.
      expect(connected.errors.items.filter(({ name }) => name !== 'DecodeError')).toEqual([]);
    });
  });

  it('of uploads: strangers who leave many unfinished keep nobody from sending a large message', async () => {
    const workload = new Workload();
    await withOpenBook({ factory: workload.create }, async (world, traffic) => {
      const strangers = await Promise.all(
        Array.from({ length: 4 }, () => new HostileClient(world, traffic).open()),
      );
      for (const stranger of strangers) {
        for (let message = 0; message < 16; message++) {
          const part = { message, totalBytes: 10_000_000, sort: 'request', id: String(message) } as const;
          stranger.say({ content: 'x'.repeat(1000), part });
        }
      }
      const text = pattern(1_000_000, 'honest');
      const { client } = await world.connect();
      // Numbers and ids are the same as those of the strangers.
      expect(await client.callTool({ name: 'measure', arguments: { name: 'honest', text } })).toEqual(
        textResult(digest(text)),
      );
      expect(world.server.connections).toBe(strangers.length + 1);
    });
  });

  it('of notifications: an update is one event for each subscriber, and none for the others', () =>
    withOpenBook({}, async (world, traffic) => {
      const updates = new Recorder<string>('an update of a resource');
      const connect = (name: string): Promise<Connected> =>
        world.connect({
          prepare: (client) =>
            client.setNotificationHandler(ResourceUpdatedNotificationSchema, () => updates.add(name)),
        });
      const clients = [await connect('first'), await connect('second'), await connect('third')];
      for (const { client } of clients.slice(0, 2)) await client.subscribeResource({ uri: 'fixture://text' });
      const uri = 'fixture://text';
      for (const { server, subscriptions } of world.fixture.instances)
        if (subscriptions.has(uri)) await server.server.sendResourceUpdated({ uri });
      await updates.reached(2);
      await Promise.all(clients.map(({ client }) => client.ping()));
      expect(updates.items.toSorted()).toEqual(['first', 'second']);
      const published = traffic.items.filter(({ content }) => content.includes('resources/updated'));
      // A frame that is acknowledged late goes out again, under its number.
      const frames = published.map((event) => linkOf(event));
      expect(new Set(frames.map((link) => `${link?.connection} ${link?.sequence}`)).size).toBe(2);
    }));

  it('of patience: a handler that hangs, and a client that takes nothing, hold up nobody else', async () => {
    await withOpenBook({}, async (world, traffic) => {
      const stuck = await world.connect();
      const call = stuck.client.callTool({ name: 'wait', arguments: { name: 'stuck' } });
      await world.fixture.started.first();
      // It asks for far more than the window of one connection and never says that it has any of it.
      const deaf = await new HostileClient(world, traffic).open();
      for (let id = 0; id < 5; id++) {
        const params = { name: 'large', arguments: { length: 2_000_000 } };
        deaf.say({ messages: [{ jsonrpc: '2.0', id, method: 'tools/call', params }] });
      }
      await deaf.heard((_, { tags }) => tags.some(([name]) => name === 'part'));
      const others = await Promise.all([1, 2, 3].map(() => world.connect()));
      await Promise.all(others.map((each, index) => count(each, `other ${index}`)));
      const bytes = deaf.answers.reduce((sum, { content }) => sum + content.length, 0);
      expect(bytes).toBeLessThan(3_000_000);
      expect([...world.fixture.executions.values()]).toEqual([1, 1, 1]);
      world.fixture.release('stuck');
      expect(await call).toEqual(textResult('waited for stuck'));
    });
  });

  it('of slow signers: a payload over which the signer hangs holds up no other', async () => {
    const own = newSigner();
    let hangs = 5;
    const hung = new Recorder<string>('a payload over which the signer hangs');
    const signer = {
      ...own,
      nip44: {
        encrypt: async (peer: string, text: string) => (await own.nip44?.encrypt(peer, text)) ?? '',
        decrypt: (peer: string, payload: string): Promise<string> => {
          if (hangs-- > 0) {
            hung.add(peer);
            return new Promise<never>(() => {});
          }
          return own.nip44?.decrypt(peer, payload) ?? Promise.reject(new Error('no nip44'));
        },
      },
    };
    await withOpenBook({ leg: encrypted, serve: { signer } }, async (world) => {
      const { pubkey } = world.server;
      for (let index = 0; index < 5; index++)
        world.inject(dress(new Forger().craft(pubkey), pubkey, true), pubkey);
      await hung.reached(5);
      const connected = await world.connect();
      await count(connected, 'beside them');
      expect(world.fixture.executions.get('beside them')).toBe(1);
    });
  });
});
