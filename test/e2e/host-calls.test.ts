import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';

import { hostOf } from '../helpers/host-clients.ts';
import { calmLegs } from '../helpers/restart.ts';
import { sharedWorld } from '../helpers/world.ts';

const [leg] = calmLegs;
if (leg === undefined) throw new Error('there is no leg');

describe('a host behind all layers', () => {
  const world = sharedWorld(leg);

  it('has the progress of its calls, in order and before the answer', async () => {
    const { client } = await hostOf(world);
    const seen: number[] = [];
    const result = await client.callTool(
      { name: 'progress', arguments: { steps: 5 } },
      CallToolResultSchema,
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect(result.isError).not.toBe(true);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('gets the result of a call that outlasted its patience with the same call made again', async () => {
    const { fixture } = world;
    const { client, end } = await hostOf(world);
    const wait = (options: object): Promise<unknown> =>
      client.callTool({ name: 'wait', arguments: { name: 'long' } }, CallToolResultSchema, options);
    await expect(wait({ timeout: 300 })).rejects.toThrow('Request timed out');
    await fixture.started.first((name) => name === 'long');
    const again = wait({ timeout: 20_000 });
    fixture.release('long');
    expect(await again).toMatchObject({ content: [{ type: 'text' }] });
    expect(fixture.started.items.filter((name) => name === 'long')).toHaveLength(1);
    expect(fixture.aborted.items).toEqual([]);
    expect(
      end.fromHost.items.filter((message) => 'method' in message && message.method === 'tools/call'),
    ).toHaveLength(2);
  });

  it('cancels what its person has cancelled', async () => {
    const { fixture } = world;
    const { client } = await hostOf(world);
    const person = new AbortController();
    const call = client.callTool({ name: 'wait', arguments: { name: 'unwanted' } }, CallToolResultSchema, {
      signal: person.signal,
    });
    await fixture.started.first((name) => name === 'unwanted');
    person.abort('not wanted any more');
    await expect(call).rejects.toThrow('not wanted any more');
    await fixture.aborted.first((name) => name === 'unwanted');
  });

  it('has the rest of the protocol as without us', async () => {
    const { client } = await hostOf(world);
    await client.ping();
    expect((await client.listResources()).resources.length).toBeGreaterThan(0);
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
    await client.setLoggingLevel('warning');
    await expect(client.readResource({ uri: 'fixture://nothing' })).rejects.toThrow('not found');
  });
});
