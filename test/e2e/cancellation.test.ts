import { isResponse } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('cancellation, $name', (leg) => {
  const world = sharedWorld(leg);

  it("fires the AbortSignal of the tool's handler", async () => {
    const { client, errors } = await world.connect();
    const aborter = new AbortController();
    const call = client.callTool({ name: 'wait', arguments: { name: 'aborted' } }, undefined, {
      signal: aborter.signal,
    });
    call.catch(() => {});
    await world.fixture.started.first((name) => name === 'aborted');
    aborter.abort('changed my mind');
    await expect(call).rejects.toThrow('changed my mind');
    await world.fixture.aborted.first((name) => name === 'aborted');
    await client.ping();
    expect(unexplained(leg, errors.items)).toEqual([]);
  });

  it.each([0, 1, 'a string'])('lets nothing arrive for the cancelled request %j', async (id) => {
    const raw = await new RawClient(world.transport()).open('handshake');
    const name = `cancelled ${JSON.stringify(id)}`;
    const started = world.fixture.started.next((each) => each === name);
    await raw.send({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'wait', arguments: { name } },
    });
    await started;
    await raw.notify('notifications/cancelled', { requestId: id, reason: 'test' });
    await raw.callTool('fence', 'echo', { text: 'x' });
    // The SDK takes 0 for no id and lets the handler run on; its answer must not come all the same.
    world.fixture.release(name);
    await raw.callTool('second fence', 'delay', { ms: 5, text: 'x' });
    const ids = raw.received.items.flatMap((message) => (isResponse(message) ? [message.id] : []));
    expect(ids).toEqual(['handshake', 'fence', 'second fence']);
    expect(unexplained(leg, raw.errors.items)).toEqual([]);
  });

  it('takes a cancellation of what is not under way without harm', async () => {
    const raw = await new RawClient(world.transport()).open(0);
    await raw.notify('notifications/cancelled', { requestId: 'unknown' });
    await raw.notify('notifications/cancelled', { requestId: 0 });
    await raw.notify('notifications/cancelled', {});
    expect(await raw.callTool(1, 'echo', { text: 'still here' })).toMatchObject({
      id: 1,
      result: { content: [{ text: 'still here' }] },
    });
  });

  it('lets an id be used again once its request was cancelled', async () => {
    const raw = await new RawClient(world.transport()).open();
    const started = world.fixture.started.next((each) => each === 'first use');
    await raw.send({
      jsonrpc: '2.0',
      id: 5,
      method: 'tools/call',
      params: { name: 'wait', arguments: { name: 'first use' } },
    });
    await started;
    await raw.notify('notifications/cancelled', { requestId: 5 });
    expect(await raw.callTool(5, 'echo', { text: 'second use' })).toMatchObject({
      result: { content: [{ text: 'second use' }] },
    });
  });
});
