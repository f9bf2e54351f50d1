import { formatNpub } from '@mcp-nostr/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';

import { allLegs } from '../helpers/legs.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { unexplained } from '../helpers/unexplained.ts';
import { newSigner, sharedWorld } from '../helpers/world.ts';

describe.each(allLegs)('callers, $name', (leg) => {
  const world = sharedWorld(leg);

  it("tells the tool's handler the verified key of the caller", async () => {
    const signer = newSigner();
    const pubkey = await signer.getPublicKey();
    const { client } = await world.connect({ signer });
    const { caller } = world.fixture.newest;
    expect(caller).toEqual({
      pubkey,
      npub: formatNpub(pubkey),
      connectionId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    const { content } = await client.callTool({ name: 'who' });
    expect(content).toEqual([
      {
        type: 'text',
        text: JSON.stringify({
          clientId: pubkey,
          more: { npub: caller.npub, connectionId: caller.connectionId },
          token: '',
          scopes: [],
          sessionId: caller.connectionId,
        }),
      },
    ]);
  });

  it('keeps two clients with one key and the same ids apart', async () => {
    const signer = newSigner();
    const raws = await Promise.all([0, 1].map(() => new RawClient(world.transport({ signer })).open(0)));
    // Both use the same ids and tokens at once; the answers differ.
    await Promise.all(
      raws.map(async (raw, index) => {
        const answers = await Promise.all([
          raw.callTool(1, 'delay', { ms: 5, text: `answer for ${index}` }),
          raw.callTool(2, 'progress', { steps: index + 1 }, { progressToken: 'token' }),
          raw.callTool(3, 'log', { text: `line for ${index}` }),
        ]);
        expect(answers[0]).toMatchObject({ id: 1, result: { content: [{ text: `answer for ${index}` }] } });
      }),
    );
    await Promise.all(raws.map((raw) => raw.request(4, 'ping')));
    for (const [index, { received, errors }] of raws.entries()) {
      const notifications = received.items.flatMap((message) => ('method' in message ? [message] : []));
      const progress = notifications.filter(({ method }) => method === 'notifications/progress');
      expect(progress.map(({ params }) => params?.['progress'])).toEqual(index === 0 ? [1] : [1, 2]);
      const lines = notifications.filter(({ method }) => method === 'notifications/message');
      expect(lines).toHaveLength(2);
      expect(JSON.stringify(lines)).not.toContain(`line for ${1 - index}`);
      expect(received.count).toBe(5 + notifications.length);
      expect(unexplained(leg, errors.items)).toEqual([]);
    }
  });

  it('keeps two servers on the same relays apart, for one client key too', async () => {
    const second = await world.serve(() => {
      const server = new McpServer({ name: 'second', version: '1' });
      server.registerTool('echo', { description: 'of the second' }, () => ({
        content: [{ type: 'text', text: 'second' }],
      }));
      return server;
    });
    const signer = newSigner();
    const one = await world.connect({ signer });
    const two = await world.connect({ signer, server: second.server.address });
    expect(one.client.getServerVersion()?.name).toBe('fixture');
    expect(two.client.getServerVersion()?.name).toBe('second');
    const [first, other] = await Promise.all([
      one.client.callTool({ name: 'echo', arguments: { text: 'first' } }),
      two.client.callTool({ name: 'echo' }),
    ]);
    expect(first.content).toEqual([{ type: 'text', text: 'first' }]);
    expect(other.content).toEqual([{ type: 'text', text: 'second' }]);
    expect(second.server.connections).toBe(1);
    const reported = [one, two, second].flatMap(({ errors }) => errors.items);
    expect(unexplained(leg, reported)).toEqual([]);
  });
});
