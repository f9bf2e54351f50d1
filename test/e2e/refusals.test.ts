import { formatNpub } from '@mcp-nostr/core';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, vi } from 'vitest';

import { Fixture } from '../helpers/fixture-server.ts';
import { allLegs, legs } from '../helpers/legs.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { newSigner, sharedWorld, withWorld, World } from '../helpers/world.ts';

const PATIENCE = { timeout: 25_000, interval: 50 };
/** 10 MiB. */
const MAX_MESSAGE_BYTES = 10_485_760;

describe.each(allLegs)('access, $name', (leg) => {
  it('refuses a key that is not allowed, says what to do, and serves the others', async () => {
    const friend = newSigner();
    const allow = [formatNpub(await friend.getPublicKey())];
    await withWorld(new World(leg, undefined, { serve: { allow } }), async (world) => {
      const stranger = newSigner();
      const refusal = world.connect({ signer: stranger });
      await expect(refusal).rejects.toMatchObject({
        data: { code: 'not_allowed' },
        message: expect.stringMatching(/ask its operator to allow it/),
      });
      expect(world.fixture.instances).toHaveLength(0);
      const { client } = await world.connect({ signer: friend });
      expect(await client.ping()).toEqual({});
      // A refusal is the same every time.
      await expect(world.connect({ signer: stranger })).rejects.toMatchObject({
        data: { code: 'not_allowed' },
      });
    });
  });

  it('refuses a new connection while there is no room, and gives it the room of an idle one', () =>
    withWorld(new World(leg, undefined, { serve: { maxConnections: 1 } }), async (world) => {
      const first = await world.connect();
      const call = first.client.callTool({ name: 'wait', arguments: { name: 'busy' } });
      await world.fixture.started.first();
      await expect(world.connect()).rejects.toMatchObject({ data: { code: 'busy' } });
      world.fixture.release('busy');
      await call;
      // Not idle before the client has acknowledged the answer.
      const second = await vi.waitFor(() => world.connect(), PATIENCE);
      expect(await second.client.ping()).toEqual({});
      expect(world.server.connections).toBe(1);
      // Who had to make room goes on as soon as there is some.
      await vi.waitFor(async () => expect(await first.client.ping()).toEqual({}), PATIENCE);
      expect(world.server.connections).toBe(1);
      expect([first.closes.count, second.closes.count]).toEqual([0, 0]);
    }));

  it('takes both forms where both are allowed', () =>
    withWorld(new World(leg, undefined, { serve: { encryption: 'optional' } }), async (world) => {
      for (const encryption of ['required', 'none'] as const) {
        const { client } = await world.connect({ encryption });
        expect(await client.ping()).toEqual({});
      }
      expect(world.server.connections).toBe(2);
    }));
});

describe.each(allLegs)('a server that cannot be made, $name', (leg) => {
  it('answers the request with the reason, and serves the others', async () => {
    const unlucky = await Promise.all(
      [newSigner(), newSigner()].map(async (signer) => ({ signer, pubkey: await signer.getPublicKey() })),
    );
    const fixture = new Fixture();
    await withWorld(
      new World(leg, (caller) => {
        if (caller.pubkey === unlucky[0]?.pubkey) throw new Error('no such program');
        if (caller.pubkey === unlucky[1]?.pubkey) return Promise.reject(new Error('no such program'));
        return fixture.create(caller);
      }),
      async (world) => {
        for (const { signer } of unlucky) {
          const reported = world.served.errors.next(({ message }) => message.includes('no such program'));
          await expect(world.connect({ signer })).rejects.toMatchObject({
            data: { code: 'server_failed' },
            message: expect.stringContaining('no such program'),
          });
          await reported;
        }
        const { client } = await world.connect();
        expect(await client.ping()).toEqual({});
        expect(world.server.connections).toBe(1);
      },
    );
  });
});

describe.each(allLegs)('messages that are too large, $name', (leg) => {
  const world = sharedWorld(leg);
  const length = 10_500_000;
  const text = 'x'.repeat(length);
  const tooLarge = {
    data: { code: 'message_too_large', bytes: expect.any(Number), maxBytes: MAX_MESSAGE_BYTES },
    message: expect.stringContaining(`at most ${MAX_MESSAGE_BYTES}`),
  };

  it('are answered with an error when they are results, and other calls go on', async () => {
    const { client, errors } = await world.connect();
    const slow = client.callTool({ name: 'delay', arguments: { ms: 20, text: 'slow' } });
    await expect(client.callTool({ name: 'large', arguments: { length } })).rejects.toMatchObject(tooLarge);
    expect(await slow).toMatchObject({ content: [{ text: 'slow' }] });
    expect(await client.ping()).toEqual({});
    expect(unexplained(leg, errors.items)).toEqual([]); // no frame is missed
  });

  it('fail at once when they are requests, and other calls go on', async () => {
    const { client, errors } = await world.connect();
    const before = world.served.errors.count;
    await expect(client.callTool({ name: 'echo', arguments: { text } })).rejects.toMatchObject(tooLarge);
    expect(await client.callTool({ name: 'echo', arguments: { text: 'small' } })).toMatchObject({
      content: [{ text: 'small' }],
    });
    expect(unexplained(leg, errors.items)).toEqual([]);
    expect(unexplained(leg, world.served.errors.items.slice(before))).toEqual([]);
  });

  it('fail the request of the server when they are the answer of the client', async () => {
    const { client } = await world.connect({
      capabilities: { sampling: {} },
      prepare: (each) =>
        each.setRequestHandler(CreateMessageRequestSchema, () => ({
          model: 'test-model',
          role: 'assistant',
          content: { type: 'text', text },
        })),
    });
    const call = { name: 'ask-model', arguments: { prompt: 'why?' } };
    expect(await client.callTool(call)).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining(`too large: the message has`) }],
    });
    expect(await client.ping()).toEqual({});
  });

  it('fail the request of the server at once when they are that request', async () => {
    const { client } = await world.connect({ capabilities: { sampling: {} } });
    await expect(
      world.fixture.newest.server.server.createMessage({
        messages: [{ role: 'user', content: { type: 'text', text } }],
        maxTokens: 1,
      }),
    ).rejects.toMatchObject({ code: 'message_too_large', message: tooLarge.message });
    expect(await client.ping()).toEqual({});
  });
});

describe.each(legs.slice(0, 1))('a message just below the limit, $name', (leg) => {
  const world = sharedWorld(leg);

  it('arrives in both directions, and other calls go on meanwhile', { timeout: 60_000 }, async () => {
    const { client, errors } = await world.connect();
    const text = 'x'.repeat(MAX_MESSAGE_BYTES - 1_000);
    const echo = client.callTool({ name: 'echo', arguments: { text } });
    expect(await client.callTool({ name: 'echo', arguments: { text: 'small' } })).toMatchObject({
      content: [{ text: 'small' }],
    });
    // Not compared by the matcher, which would print all of it.
    const [content] = (await echo).content as { text: string }[];
    expect(content?.text === text).toBe(true);
    expect([...errors.items, ...world.served.errors.items]).toEqual([]);
  });
});
