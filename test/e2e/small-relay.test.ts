import { startRelay } from '@mcp-nostr/relay';
import { describe, expect, it, onTestFinished } from 'vitest';

import { type Leg, legs, oneRelayLegs } from '../helpers/legs.ts';
import { connect, event } from '../helpers/one-relay.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { sharedWorld, withWorld, World } from '../helpers/world.ts';

// It declares so in its information document, and cuts whoever sends more.
describe.each(legs)('relays that take messages of 32 KiB, $name', (leg) => {
  const world = sharedWorld(leg, undefined, { relayLimits: { maxMessageBytes: 32_768 } });

  it('carry an answer of many times that size, and other calls meanwhile', async () => {
    const { client, errors } = await world.connect();
    const large = client.callTool({ name: 'large', arguments: { length: 300_000 } });
    expect(await client.callTool({ name: 'echo', arguments: { text: 'other' } })).toMatchObject({
      content: [{ text: 'other' }],
    });
    expect(lengthOf(await large)).toBe(300_000);
    expect(errors.items).toEqual([]);
    expect(world.served.errors.items).toEqual([]);
    expect(world.served.states.items.filter(({ status }) => status === 'waiting')).toEqual([]);
  });

  it('carry a request of many times that size', async () => {
    const { client, states, errors } = await world.connect();
    const text = '"\u{1f600}\n'.repeat(50_000);
    const result = await client.callTool({ name: 'echo', arguments: { text } });
    expect(result).toMatchObject({ content: [{ text }] });
    expect(errors.items).toEqual([]);
    expect(states.items.filter(({ status }) => status === 'waiting')).toEqual([]);
  });
});

describe.concurrent.each(oneRelayLegs)('a relay that is too small for anything, $name', (leg) => {
  it.each([
    [3_000, { code: 'server_failed' }, /too large: the relays in use take \d+ bytes/],
    [2_000, { code: 'message_too_large' }, /too large: the relays in use take \d+ bytes/],
    [500, { code: 'server_silent' }, /(not reached|lost before): closed with code 1009/],
  ])('fails a connection within 15 s, with the reason: %i bytes', (maxMessageBytes, data, reason) =>
    withWorld(new World(leg, undefined, { relayLimits: { maxMessageBytes } }), async (world) => {
      const since = performance.now();
      await expect(world.connect()).rejects.toMatchObject({ data, message: expect.stringMatching(reason) });
      expect(performance.now() - since).toBeLessThan(15_000);
    }),
  );
});

describe('a relay that cuts the connection over an event and says nothing', () => {
  it('gets that event once from this connection, whose sender is told, and then the next', async () => {
    const relay = await openScriptedRelay({ sendsOk: false });
    const { pool, reach } = connect(relay);
    await reach('ready');
    const [unbearable, next] = [event(), event()];
    const lost = pool.publish(unbearable);
    await relay.heard(`EVENT ${unbearable.id}`);
    relay.cut();
    expect(await lost).toBe('lost'); // nobody can say that it did not arrive
    await reach('waiting');
    relay.script.sendsOk = true;
    expect(await pool.publish(next)).toBe('accepted');
    expect(relay.log.filter((line) => line.startsWith('EVENT'))).toEqual([
      `EVENT ${unbearable.id}`,
      `EVENT ${next.id}`,
    ]);
  });

  it('does not keep another relay from carrying it', async () => {
    const relay = await openScriptedRelay({ cutsAboveBytes: 20_000 });
    const other = await startRelay();
    onTestFinished(() => other.close());
    await withWorld(served([relay.url, other.url]), async (world) => {
      const { client } = await world.connect();
      const result = await client.callTool({ name: 'large', arguments: { length: 200_000 } });
      expect(lengthOf(result)).toBe(200_000);
      expect(await client.ping()).toEqual({});
    });
  });

  it('fails the call that needs it, a request or its answer, in bounded time; others go on', async () => {
    const relay = await openScriptedRelay({ cutsAboveBytes: 20_000 });
    await withWorld(served([relay.url]), async (world) => {
      const { client, closes } = await world.connect();
      const other = await world.connect();
      const unbearable = [
        { name: 'echo', arguments: { text: 'x'.repeat(60_000) } },
        { name: 'large', arguments: { length: 60_000 } },
      ];
      for (const call of unbearable) {
        await expect(client.callTool(call)).rejects.toMatchObject({ data: { code: expect.any(String) } });
        for (const each of [client, other.client])
          expect(await each.callTool({ name: 'echo', arguments: { text: 'small' } })).toMatchObject({
            content: [{ text: 'small' }],
          });
      }
      expect([closes.count, other.closes.count]).toEqual([0, 0]);
    });
  });
});

/** A world whose first server is on these relays. */
function served(relays: string[]): World {
  const leg: Leg = { name: 'encrypted', encryption: 'required', relayCount: 0 };
  return new World(leg, undefined, { serve: { relays } });
}

function lengthOf(result: object): number | undefined {
  const { content } = result as { content: { text: string }[] };
  return content[0]?.text.length;
}
