import { failureCodes, generateSecretKey, getPublicKey, signEvent } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { type BareAnswer, type BareClient, dressAs } from '../helpers/bare-client.ts';
import { type BareWorld, withBareWorld } from '../helpers/bare-world.ts';
import { countCall } from '../helpers/forger.ts';
import { decodeCode } from '../helpers/hostile-world.ts';
import { newSigner } from '../helpers/world.ts';

const forms = ['plain', 'ephemeral', 'stored'] as const;
const wraps = ['ephemeral', 'stored'] as const;

/** A call by this client is executed, once. */
async function expectServed(world: BareWorld, client: BareClient, key = 'honest'): Promise<void> {
  const { message } = await client.call('count', { key });
  expect(message).toMatchObject({ result: { content: [{ text: '1' }] } });
  expect(world.fixture.executions.get(key)).toBe(1);
}

const textOf = ({ message }: BareAnswer): string => JSON.stringify(message);

describe('what a client of ContextVM has signed for another server', () => {
  it('is not executed, however it is dressed, though the client may call', async () => {
    const secretKey = generateSecretKey();
    const allow = [getPublicKey(secretKey)];
    await withBareWorld(
      async (world) => {
        const client = world.bare({ secretKey });
        await client.initialize();
        const elsewhere = await newSigner().getPublicKey();
        for (const form of forms) client.say(countCall('stolen'), { recipient: elsewhere, form });
        await world.served.errors.reached(3);
        expect(world.served.errors.items.map(decodeCode)).toEqual(Array(3).fill('wrong_recipient'));
        // With the recipient exchanged it is the client's signature no more.
        const { id, sig, pubkey, ...rest } = client.craft(countCall('stolen'), { recipient: elsewhere });
        const tags = rest.tags.map((tag) => (tag[0] === 'p' ? ['p', world.server.pubkey] : tag));
        for (const form of wraps) client.publish({ ...rest, tags, id, sig, pubkey }, form);
        await world.served.errors.reached(5);
        expect(world.served.errors.items.slice(3).map(decodeCode)).toEqual(Array(2).fill('bad_signature'));
        await expectServed(world, client);
        expect(world.fixture.executions.get('stolen')).toBeUndefined();
      },
      { encryption: 'optional', allow },
    );
  });
});

describe('what its author has signed for another purpose', () => {
  const day = 86_400;
  it.each([
    ['a public note of 300 days ago', { kind: 1, age: 300 * day }, 'wrong_kind'],
    ['a note of today', { kind: 1 }, 'wrong_kind'],
    ['a direct message', { kind: 4 }, 'wrong_kind'],
  ])('is no request: %s', (_, craft, code) =>
    withBareWorld(async (world) => {
      const author = world.bare();
      const stranger = world.bare();
      const note = author.craft(countCall('noted'), craft);
      for (const form of wraps) stranger.publish(note, form);
      await world.served.errors.reached(2);
      expect(world.served.errors.items.map(decodeCode)).toEqual([code, code]);
      await expectServed(world, author);
      expect(world.fixture.executions.get('noted')).toBeUndefined();
    }),
  );

  it.each([
    ['300 days ago', 300 * day],
    ['three minutes ago', 180],
    ['in five minutes', -300],
  ])('is no request any more, or not yet: %s', (_, age) =>
    withBareWorld(async (world) => {
      const client = world.bare();
      for (const form of forms) {
        const answer = await client.answerTo(client.say(countCall('untimely'), { age, form }).id);
        expect(answer).toMatchObject({ form, message: { error: {} } });
      }
      await expectServed(world, client);
      expect(world.fixture.executions.get('untimely')).toBeUndefined();
    }),
  );
});

describe('a request', () => {
  it.each(forms)('that is published again, as it was or in another dress, is executed once: %s', (form) =>
    withBareWorld(async (world) => {
      const client = world.bare({ form });
      await client.initialize();
      const event = client.say(countCall('once'));
      await client.answerTo(event.id);
      const stranger = world.bare();
      for (const dress of forms) for (let time = 0; time < 3; time++) stranger.publish(event, dress);
      await expectServed(world, client);
      expect(world.fixture.executions.get('once')).toBe(1);
      expect(client.answers.items.filter(({ requestEvent }) => requestEvent === event.id)).toHaveLength(1);
    }),
  );

  it.each([
    ['by what was kept of that one', true],
    ['though nothing was kept of that one', false],
  ])('that a process before this one has executed is not executed again, %s', (_, isKept) =>
    withBareWorld(async (world) => {
      const ids = new Set<string>();
      const add = (id: string): boolean => ids.add(id).has(id);
      const seen = { completeSince: 0, has: (id: string) => ids.has(id), add };
      const signer = newSigner();
      const start = async (now?: () => number): Promise<() => Promise<void>> => {
        const options = { signer, encryption: 'optional' as const, now, ...(isKept && { seen }) };
        const { server, states } = await world.serve(world.fixture.create, options);
        await states.first(({ status }) => status === 'ready');
        return () => server.close();
      };
      const client = world.bare({ recipient: await signer.getPublicKey() });
      // Stamped when the first process was there already, and the second was not.
      const close = await start(() => Date.now() - 20_000);
      const event = client.say(countCall('once'), { age: 10 });
      await client.answerTo(event.id);
      await close();
      await start();
      for (const form of forms) client.publish(event, form);
      await expectServed(world, client);
      expect(world.fixture.executions.get('once')).toBe(1);
    }),
  );

  it('is answered in its own form, whatever else is said under its key meanwhile', () =>
    withBareWorld(async (world) => {
      const client = world.bare({ form: 'ephemeral' });
      const old = client.craft({ jsonrpc: '2.0', id: 'old', method: 'tools/list' });
      const seen = client.say({ jsonrpc: '2.0', id: 'seen', method: 'tools/list' }, { form: 'plain' });
      await client.answerTo(seen.id);
      const { id } = client.say({
        jsonrpc: '2.0',
        id: 'secret',
        method: 'tools/call',
        params: { name: 'wait', arguments: { name: 'secret' } },
      });
      await world.fixture.started.first((name) => name === 'secret');
      // Whoever has recorded plain messages of this client brings them again, and one that nobody has seen yet.
      const stranger = world.bare();
      stranger.publish(seen, 'plain');
      stranger.publish(old, 'plain');
      expect(await client.answerTo(old.id)).toMatchObject({ form: 'plain' });
      world.fixture.release('secret');
      const answer = await client.answerTo(id);
      expect(answer).toMatchObject({ form: 'ephemeral' });
      expect(textOf(answer)).toContain('waited for secret');
      for (const event of world.traffic.items) expect(event.content).not.toContain('waited for secret');
    }));

  it('in plain text is refused with words where encryption is required, and what is encrypted is served', () =>
    withBareWorld(
      async (world) => {
        const client = world.bare();
        const answer = await client.answerTo(client.say(countCall('plain'), { form: 'plain' }).id);
        expect(answer).toMatchObject({ form: 'plain' });
        expect(textOf(answer)).toMatch(/encrypt/);
        await expectServed(world, client);
        expect(world.fixture.executions.get('plain')).toBeUndefined();
      },
      { encryption: 'required' },
    ));

  it('of a key that may not call is refused with words, before it is executed', async () => {
    const known = generateSecretKey();
    await withBareWorld(
      async (world) => {
        const stranger = world.bare();
        for (const form of wraps) {
          const { id } = stranger.say(countCall('uninvited'), { form });
          expect(await stranger.answerTo(id)).toMatchObject({
            form,
            message: {
              id: 'count',
              error: { code: failureCodes.not_allowed, data: { code: 'not_allowed' } },
            },
          });
        }
        await expectServed(world, world.bare({ secretKey: known }));
        expect(world.fixture.executions.get('uninvited')).toBeUndefined();
      },
      { allow: [getPublicKey(known)] },
    );
  });

  it('under a key of somebody else is not executed', () =>
    withBareWorld(async (world) => {
      const client = world.bare();
      const forged = signEvent(client.craft(countCall('forged')), world.bare().secretKey, client.pubkey);
      for (const form of forms) world.inject(dressAs(form, forged, world.server.pubkey), world.server.pubkey);
      await world.served.errors.reached(3);
      expect(world.served.errors.items.map(decodeCode)).toEqual(Array(3).fill('bad_signature'));
      await expectServed(world, client);
      expect(world.fixture.executions.get('forged')).toBeUndefined();
    }));
});
