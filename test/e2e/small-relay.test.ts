import { describe, expect, it } from 'vitest';

import { connect, event, timing } from '../helpers/one-relay.ts';
import { legs } from '../helpers/legs.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { sharedWorld } from '../helpers/world.ts';

// It declares so in its information document, and cuts whoever sends more.
describe.each(legs)('relays that take messages of 32 KiB, $name', (leg) => {
  const world = sharedWorld(leg, undefined, { relayLimits: { maxMessageBytes: 32_768 } });
  const options = { timeout: 4000 };

  it('fail an answer that is larger at once, and neither cut the server off nor disturb other calls', async () => {
    const { client, errors } = await world.connect();
    const other = client.callTool({ name: 'delay', arguments: { ms: 50, text: 'other' } });
    const large = { name: 'large', arguments: { length: 30_000 } };
    await expect(client.callTool(large, undefined, options)).rejects.toMatchObject({
      data: { code: 'message_too_large', bytes: expect.any(Number), maxBytes: expect.any(Number) },
    });
    expect(await other).toMatchObject({ content: [{ text: 'other' }] });
    expect(await client.ping(options)).toEqual({});
    expect(errors.items).toEqual([]);
    expect(world.served.states.items.filter(({ status }) => status === 'waiting')).toEqual([]);
    expect(world.server.relays.map(({ status }) => status)).toEqual(world.relayUrls.map(() => 'ready'));
  });

  it('fail a request that is larger at once, and do not cut the client off', async () => {
    const { client, states, errors } = await world.connect();
    const other = client.callTool({ name: 'delay', arguments: { ms: 50, text: 'other' } });
    const large = { name: 'echo', arguments: { text: 'x'.repeat(30_000) } };
    await expect(client.callTool(large, undefined, options)).rejects.toMatchObject({
      data: { code: 'message_too_large' },
    });
    expect(await other).toMatchObject({ content: [{ text: 'other' }] });
    expect(errors.items).toEqual([]);
    expect(states.items.filter(({ status }) => status === 'waiting')).toEqual([]);
  });

  it('carry what fits', async () => {
    const { client, states } = await world.connect();
    const text = 'x'.repeat(15_000);
    expect(await client.callTool({ name: 'echo', arguments: { text } }, undefined, options)).toMatchObject({
      content: [{ text }],
    });
    expect(states.items.filter(({ status }) => status === 'waiting')).toEqual([]);
  });
});

describe('a relay that cuts the connection over an event and says nothing', () => {
  it('gets that event twice and not again, and then the next one', async () => {
    const relay = await openScriptedRelay({ sendsOk: false });
    const { pool, reach } = connect(relay, { timing: { ...timing, okTimeoutMs: 60_000 } });
    await reach('ready');
    const [unbearable, next] = [event(), event()];
    const lost = pool.publish(unbearable);
    await relay.heard(`EVENT ${unbearable.id}`);
    relay.cut();
    await reach('waiting');
    const published = pool.publish(next);
    await relay.heard(`EVENT ${next.id}`);
    relay.cut();
    await reach('waiting', 2);
    relay.script.sendsOk = true;
    expect(await published).toBe('accepted');
    expect(await lost).toBe('sent'); // nobody can say that it did not arrive
    expect(relay.log.filter((line) => line === `EVENT ${unbearable.id}`)).toHaveLength(2);
    expect(relay.events.at(-1)).toEqual(next);
  });
});
