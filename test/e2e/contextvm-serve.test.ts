import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NostrClientTransport } from '@contextvm/sdk/transport';
import { generateSecretKey } from '@mcp-nostr/core';
import { readIntroduction } from '@mcp-nostr/core/contextvm';
import { startRelay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, it, onTestFinished } from 'vitest';

import { SeenIdsFile } from '../../packages/cli/src/serve/seen/seen-ids-file.ts';
import { announced, oneRelay } from '../helpers/announced.ts';
import { BareCaller, call } from '../helpers/bare-caller.ts';
import { newSigner, World, type Connected } from '../helpers/world.ts';

/** What the MCP server finds in a request of a caller that lies about itself. */
const lie = { clientPubkey: 'b'.repeat(64), requestEventId: 'x', 'vendor.example/k': 1 };

async function seenBy(client: Connected['client']): Promise<unknown> {
  const result = await client.callTool({ name: 'meta', _meta: lie });
  return result;
}

it('a server behind us is told who calls, with a link and without, and by nobody else', async () => {
  for (const injectIdentity of [false, true]) {
    const world = new World(oneRelay, undefined, { serve: { injectIdentity } });
    onTestFinished(() => world.close());
    await world.open();
    const signer = newSigner();
    const { client } = await world.connect({ signer });
    const truth = {
      clientPubkey: await signer.getPublicKey(),
      requestEventId: expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    const kept = { 'vendor.example/k': 1 };
    const told = injectIdentity ? { ...kept, ...truth } : kept;
    expect(await seenBy(client)).toMatchObject({ _meta: { got: expect.objectContaining(told) } });
    if (!injectIdentity) expect(await seenBy(client)).not.toHaveProperty('_meta.got.clientPubkey');
    const bare = await BareCaller.open(world.server, world.relayUrls);
    const request = await bare.sign(call(1, 'meta', {}, lie));
    await bare.publish(request);
    const { json } = await bare.answer(request.id);
    const bareTruth = { clientPubkey: bare.pubkey, requestEventId: request.id };
    expect(json).toHaveProperty('result._meta.got', injectIdentity ? { ...kept, ...bareTruth } : kept);
  }
});

it('a client without a link is told our name with the first answer', async () => {
  const { world, server } = await announced({ name: 'Fixture', website: 'https://fixture.example' });
  const bare = await BareCaller.open(server, world.relayUrls);
  const { message } = await bare.initialize();
  expect(readIntroduction(message.tags)).toEqual({ name: 'Fixture', website: 'https://fixture.example' });
});

it('what was executed before a sudden end is not executed again by the next process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const signer = newSigner();
  const pubkey = await signer.getPublicKey();
  const problems: string[] = [];
  const seen = (): SeenIdsFile => {
    const file = new SeenIdsFile({ pubkey, folder, onproblem: (problem) => problems.push(problem) });
    onTestFinished(() => file.close());
    return file;
  };
  const world = new World(oneRelay);
  onTestFinished(() => world.close());
  await world.open();
  const first = await world.serve(world.fixture.create, { signer, seen: seen() });
  const bare = await BareCaller.open(first.server, world.relayUrls);
  const request = await bare.sign(call(1, 'count', { key: 'once' }));
  await bare.publish(request);
  await bare.answer(request.id);
  await first.server.close();

  // The store of the first process was never closed.
  const second = await world.serve(world.fixture.create, { signer, seen: seen() });
  await second.states.first(({ status }) => status === 'ready');
  await bare.publish(request, 'stored');
  const next = await bare.sign(call(2, 'count', { key: 'next' }));
  await bare.publish(next);
  await bare.answer(next.id);
  expect([...world.fixture.executions]).toEqual([
    ['once', 1],
    ['next', 1],
  ]);
  expect(problems).toEqual([]);
});

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
