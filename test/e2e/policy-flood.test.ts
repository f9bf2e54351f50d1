import { isRequest, parseLinkTag } from '@mcp-nostr/core';
import type { McpServerFactory } from '@mcp-nostr/server';
import { linkLimits } from '@mcp-nostr/transport';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { linkOf } from '../helpers/link-of.ts';
import { Forger, initialize } from '../helpers/forger.ts';
import { HostileClient } from '../helpers/hostile-client.ts';
import { withOpenBook } from '../helpers/open-book.ts';
import { LiveBook } from '../helpers/policy-world.ts';
import { digest, pattern, Workload } from '../helpers/workload-server.ts';

/** The least that an MCP server can be. */
const answering: McpServerFactory = () => ({
  connect: async (transport) => {
    transport.onmessage = (message) => {
      if (isRequest(message)) transport.send({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => {}); // the world may be over
    };
    await transport.start();
  },
  close: async () => {},
});
const ping = { jsonrpc: '2.0' as const, id: 1, method: 'ping' };

afterEach(() => void vi.useRealTimers());

/** A public server that knows one key. */
function publicWithOneKnown(): { live: LiveBook; known: Forger } {
  const live = new LiveBook({ isPublic: true });
  const known = new Forger();
  live.change((book) => book.allow(known.pubkey, {}, Math.floor(Date.now() / 1000)));
  return { live, known };
}

describe('strangers at a public server, and a key that it knows', () => {
  it('who keep every place that they can have at work leave it one', async () => {
    const { live, known } = publicWithOneKnown();
    await withOpenBook({ serve: { allow: live.policy, maxConnections: 4 } }, async (world, traffic) => {
      for (const name of ['1', '2', '3']) {
        const stranger = await new HostileClient(world, traffic).open();
        stranger.say({
          messages: [
            { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait', arguments: { name } } },
          ],
        });
        await world.fixture.started.first((started) => started === name);
      }
      const late = new HostileClient(world, traffic);
      late.say({ messages: [initialize], link: { sequence: 0 } });
      expect(await late.heard(() => true)).toMatchObject({ control: 'refuse', detail: 'busy' });
      const { client } = await world.connect({ signer: known.signer });
      expect(await client.callTool({ name: 'echo', arguments: { text: 'served' } })).toMatchObject({
        content: [{ text: 'served' }],
      });
    });
  });

  it('who use up their openings, refusals and resets keep it neither from connecting nor from learning of a restart', async () => {
    // Time stands still: no bucket fills up again.
    vi.useFakeTimers({ toFake: ['performance'] });
    const { live, known } = publicWithOneKnown();
    await withOpenBook({ factory: answering, serve: { allow: live.policy } }, async (world, traffic) => {
      const { pubkey } = world.server;
      const flood = (count: number, sequence: number): void => {
        for (let n = 0; n < count; n++)
          world.inject(new Forger().craft(pubkey, { messages: [ping], link: { sequence } }), pubkey);
      };
      const said = (control: string): number =>
        traffic.items.filter((event) => linkOf(event)?.control === control).length;
      flood(200, 0);
      flood(40, 3);
      const [first, lost] = ['1', '2'].map((digit) => digit.repeat(32)) as [string, string];
      const answers = (connection: string) =>
        traffic.first(({ tags, pubkey: author }) => {
          return author === pubkey && linkOf({ tags })?.connection === connection;
        });
      world.inject(known.craft(pubkey, { messages: [ping], link: { connection: first } }), pubkey);
      world.inject(known.craft(pubkey, { link: { connection: lost, sequence: 3 } }), pubkey);
      expect(parseLinkTag((await answers(lost)).tags)).toMatchObject({ control: 'reset' });
      expect(JSON.parse((await answers(first)).content)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
      // Three quarters of 40 each, and the reset of the known key.
      expect([said('refuse'), said('reset')]).toEqual([30, 31]);
    });
  });

  it('whose uploads are never finished keep it from no upload', async () => {
    const { live, known } = publicWithOneKnown();
    const workload = new Workload();
    const { maxUnfinishedBytes } = linkLimits;
    Object.assign(linkLimits, { maxUnfinishedBytes: 8_000_000 });
    onTestFinished(() => void Object.assign(linkLimits, { maxUnfinishedBytes }));
    const given = { factory: workload.create, serve: { allow: live.policy } };
    await withOpenBook(given, async (world, traffic) => {
      // All that there is room for, in messages that are smaller than the honest one.
      const content = 'x'.repeat(400_000);
      for (let who = 0; who < 2; who++) {
        const stranger = await new HostileClient(world, traffic).open();
        for (let message = 0; message < 10; message++) {
          const part = { message, totalBytes: 10_000_000, sort: 'request', id: String(message) } as const;
          stranger.say({ content, part });
        }
      }
      const text = pattern(1_500_000, 'known');
      const { client } = await world.connect({ signer: known.signer });
      expect(await client.callTool({ name: 'measure', arguments: { name: 'known', text } })).toMatchObject({
        content: [{ text: digest(text) }],
      });
      // Some of theirs had to go for it.
      expect(
        world.served.errors.items.some(({ message }) => /was dropped: too many large/.test(message)),
      ).toBe(true);
    });
  });

  it('hear nothing where the operator has chosen silence', async () => {
    const known = new Forger();
    const serve = { allow: [known.pubkey], refusals: 'silent' } as const;
    await withOpenBook({ factory: answering, serve }, async (world, traffic) => {
      const { pubkey } = world.server;
      world.inject(new Forger().craft(pubkey, { messages: [ping] }), pubkey);
      world.inject(known.craft(pubkey, { messages: [ping] }), pubkey);
      await traffic.first(({ content }) => content.includes('result'));
      const heard = traffic.items.filter((event) => event.pubkey === pubkey);
      expect(heard.map(({ tags }) => tags[0])).toEqual(heard.map(() => ['p', known.pubkey]));
    });
  });
});
