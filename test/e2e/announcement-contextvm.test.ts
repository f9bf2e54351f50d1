import { NostrClientTransport } from '@contextvm/sdk/transport';
import { generateSecretKey } from '@mcp-nostr/core';
import { startRelay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, it, onTestFinished } from 'vitest';

import { announced } from '../helpers/announced.ts';

it('a client of ContextVM that has our npub and a discovery relay finds where we listen, and calls', async () => {
  const board = await startRelay();
  onTestFinished(() => board.close());
  const { world, posted, server } = await announced({
    relayList: true,
    relays: [board.url],
    name: 'Fixture',
  });
  await posted.first(({ relay }) => relay === board.url);
  const transport = new NostrClientTransport({
    signer: Buffer.from(generateSecretKey()).toString('hex'),
    serverPubkey: server.npub,
    discoveryRelayUrls: [board.url],
    logLevel: 'silent',
  });
  const client = new Client({ name: 'theirs', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const { client: ours } = await world.connect();
  expect((await client.listTools()).tools).toEqual((await ours.listTools()).tools);
  const answer = await client.callTool({ name: 'echo', arguments: { text: 'found' } });
  expect(answer.content).toEqual([{ type: 'text', text: 'found' }]);
});
