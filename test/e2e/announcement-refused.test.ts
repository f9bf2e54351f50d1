import type { McpServerFactory } from '@mcp-nostr/server';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { announced, kindsOf, oneRelay } from '../helpers/announced.ts';
import { Recorder } from '../helpers/recorder.ts';
import { openScriptedRelay } from '../helpers/scripted-relay.ts';
import { World } from '../helpers/world.ts';

describe('on a relay that does not take it', () => {
  it('a relay that does not take it is reported once, and the server serves on', async () => {
    const blocked = await openScriptedRelay({ refusesEvents: 'blocked: kind 11316 is not taken here' });
    const { world, posted, errors, relay } = await announced({ relays: [blocked.url] });
    await posted.first((each) => each.relay === relay);
    const error = await errors.first(({ message }) => message.includes(blocked.url));
    expect(error.message).toContain('does not take kind 11316');
    expect(error.message).toContain('is not taken here');
    const { client } = await world.connect();
    expect((await client.listTools()).tools).not.toEqual([]);
    expect(posted.items.map((each) => each.relay)).toEqual([relay]);
  });

  /** With a list of 90 kB. */
  const large: McpServerFactory = () => {
    const server = new Server({ name: 'large', version: '1' }, { capabilities: { tools: {} } });
    const tools = ['a', 'b', 'c'].map((name) => ({
      name,
      description: name.repeat(30_000),
      inputSchema: { type: 'object' as const },
    }));
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
    return server;
  };

  it('a list that is too large is tried twice there, and costs nobody who is served the connection', async () => {
    const [own, other] = [
      await openScriptedRelay({ cutsAboveBytes: 60_000 }),
      await openScriptedRelay({ cutsAboveBytes: 60_000 }),
    ];
    const world = new World(oneRelay);
    onTestFinished(() => world.close());
    await world.open();
    const cut = new Recorder<string>('an end of a connection');
    const served = await world.serve(large, {
      relays: [own.url],
      announce: { relays: [other.url] },
      onrelay: ({ status }) => cut.add(status),
    });
    const error = await served.errors.first(({ message }) => message.includes('kind 11317'));
    expect(error.message).toContain(`${other.url} does not take kind 11317 of the announcement`);
    expect(error.message).toContain('it ended the connection twice over 90');
    await expect.poll(() => own.log.filter((line) => line === 'close').length).toBe(1);
    expect(own.connections).toBe(1);
    expect(cut.items).not.toContain('waiting');
    for (const relay of [own, other]) expect(new Set(kindsOf(relay.events))).toEqual(new Set([11_316]));
  });
});
