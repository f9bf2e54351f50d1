import { type JsonRpcMessage, type NostrEvent, randomHex } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { type Craft, countCall, dress, Forger, initialize } from '../helpers/forger.ts';
import { decodeCode, hostileWorld } from '../helpers/hostile-world.ts';
import { legs } from '../helpers/legs.ts';
import { newSigner } from '../helpers/world.ts';

describe.each(legs)('hostile strangers, $name', (leg) => {
  const {
    world,
    executions,
    instances,
    isEncrypted,
    inject,
    crafted,
    expectUnharmed,
    instanceHeardBy,
    open,
  } = hostileWorld(leg);

  it('keeps a connection whose client sends something malformed', async () => {
    const honest = await world.connect();
    const forger = new Forger();
    const { pubkey } = world.server;
    const instance = await open(forger);
    inject(forger.craft(pubkey, { link: { sequence: 1, instance }, content: '[{' }));
    inject(forger.craft(pubkey, { link: { sequence: 2, instance }, messages: [countCall('kept')] }));
    await expectUnharmed(honest);
    expect(executions.get('kept')).toBe(1);
  });

  it('executes nothing that an opening carries but what does no harm', async () => {
    const honest = await world.connect();
    const before = instances.length;
    inject(crafted({ messages: [countCall('hostile')] }));
    inject(crafted({ messages: [initialize, countCall('hostile')] }));
    inject(crafted({ messages: [countCall('hostile')], link: { instance: randomHex(8) } }));
    await expectUnharmed(honest);
    expect(instances).toHaveLength(before);
  });

  it('executes nothing on a connection that was never opened', async () => {
    const honest = await world.connect();
    const before = instances.length;
    inject(crafted({ messages: [countCall('hostile')], link: { sequence: 3 } }));
    inject(crafted({ messages: [countCall('hostile')], link: { sequence: 0, control: 'bye', detail: '' } }));
    inject(crafted({ messages: [countCall('hostile')], link: { control: 'probe', detail: 'x' } }));
    await expectUnharmed(honest);
    expect(instances).toHaveLength(before);
  });

  it("lets a stranger do nothing with another's connection id", async () => {
    const signer = newSigner();
    const honest = await world.connect({ signer });
    const { connectionId: connection } = world.fixture.newest.caller;
    const instance = await instanceHeardBy(signer); // the worst case: the stranger knows all but the keys
    const before = instances.length;
    const call = honest.client.callTool({ name: 'wait', arguments: { name: connection } });
    await world.fixture.started.first((name) => name === connection);
    const cancel: JsonRpcMessage = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1 },
    };
    // Not 0: with that the stranger would open a connection of its own.
    for (const sequence of [1, 2, 3, 4]) {
      inject(crafted({ messages: [countCall('hostile'), cancel], link: { connection, sequence, instance } }));
      inject(crafted({ link: { connection, sequence, instance, control: 'bye', detail: 'closed' } }));
    }
    await expectUnharmed(honest);
    world.fixture.release(connection);
    expect(await call).toMatchObject({ content: [{ text: `waited for ${connection}` }] });
    expect(instances).toHaveLength(before);
    expect(world.fixture.aborted.items).not.toContain(connection);
  });

  it('lets a stranger answer no client and close no connection', async () => {
    const signer = newSigner();
    const honest = await world.connect({ signer });
    const { connectionId: connection, pubkey: client } = world.fixture.newest.caller;
    const instance = await instanceHeardBy(signer);
    const call = honest.client.callTool({ name: 'wait', arguments: { name: connection } });
    await world.fixture.started.first((name) => name === connection);
    const stranger = new Forger();
    const send = (event: NostrEvent): void => world.inject(dress(event, client, isEncrypted), client);
    const messages = [0, 1, 2, 3].map((id): JsonRpcMessage => ({
      jsonrpc: '2.0',
      id,
      result: { content: [{ type: 'text', text: 'forged' }] },
    }));
    const crafts: Craft[] = [
      ...[0, 1, 2, 3, 4].map((sequence) => ({ messages, link: { connection, sequence, instance } })),
      { link: { connection, sequence: 2, instance, control: 'bye', detail: 'closed' } },
      { link: { connection, instance, control: 'reset', detail: 'unknown_connection' } },
      { link: { connection, instance, control: 'refuse', detail: 'not_allowed' } },
    ];
    for (const craft of crafts) send(stranger.craft(client, craft));
    const forged = honest.errors.next((error) => decodeCode(error) === 'bad_signature');
    for (const craft of crafts) send({ ...stranger.craft(client, craft), pubkey: world.server.pubkey });
    await forged;
    world.fixture.release(connection);
    expect(await call).toMatchObject({ content: [{ text: `waited for ${connection}` }] });
    expect(await honest.client.ping()).toEqual({});
    expect(honest.closes.count).toBe(0);
  });
});
