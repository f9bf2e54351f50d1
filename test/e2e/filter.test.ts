import { NostrClientTransport } from '@mcp-nostr/client';
import type { Caller } from '@mcp-nostr/server';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { Filter, Glob } from '@mcp-nostr/core/filter';
import { FilteredTransport } from '../../packages/cli/src/filter/filtered-transport.ts';
import { filteredSource } from '../../packages/cli/src/serve/filtered-source.ts';
import type { ServedServer } from '../../packages/cli/src/serve/source.ts';
import { DualEraServer } from '../helpers/dual-era-server.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { oneRelayLegs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, World } from '../helpers/world.ts';

const globs = (...texts: string[]): Glob[] => texts.map((text) => new Glob(text));
const filter = new Filter({
  tool: { allow: globs('echo', 'wait', 'w*'), deny: globs('wh*') },
  resource: { allow: [], deny: globs('fixture://blob', 'fixture://item/b*') },
  prompt: { allow: globs('greet*'), deny: [] },
});

const [leg = { name: '', encryption: 'required', relayCount: 1 }] = oneRelayLegs;
const fixture = new Fixture();
const dual = new DualEraServer();
const world = new World(leg, fixture.create);
/** The server itself, the same behind `serve --allow-tool …`, and another one of both eras. */
const addresses = { plain: '', filtered: '', dual: '' };

/** What `serve` would put on Nostr. */
function source(create: (caller: Caller) => unknown): (caller: Caller) => ServedServer {
  const open = (caller: Caller): ServedServer => create(caller) as ServedServer;
  return filteredSource({ open, kill: () => {}, close: async () => {} }, filter).open;
}

beforeAll(async () => {
  await world.open();
  addresses.plain = world.server.address;
  addresses.filtered = (await world.serve(source(fixture.create))).server.address;
  addresses.dual = (await world.serve(source(dual.create))).server.address;
});
afterEach(() => world.disconnect());
afterAll(() => world.close());

function transportTo(server: string): NostrClientTransport {
  const transport = new NostrClientTransport({ server, encryption: leg.encryption, signer: newSigner() });
  world.onclose(() => transport.close());
  return transport;
}

describe.each([
  ['serve', () => transportTo(addresses.filtered)],
  ['connect', () => new FilteredTransport(() => transportTo(addresses.plain), filter)],
] as const)('a filter on %s', (_where, open) => {
  async function connect(): Promise<Client> {
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(open());
    return client;
  }

  it('takes out of the lists what is not there, and out of use', async () => {
    const client = await connect();
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'wait']);
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(['greeting']);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(['fixture://text']);
    expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
      content: [{ text: 'hi' }],
    });
    const { contents } = await client.readResource({ uri: 'fixture://item/alpha' });
    expect(contents).toMatchObject([{ text: 'item alpha' }]);
    for (const name of ['who', 'count', 'no-such-tool', 'WHO'])
      await expect(client.callTool({ name, arguments: { key: 'k' } })).rejects.toMatchObject({
        code: -32_602,
        message: `MCP error -32602: Tool ${name} not found`,
      });
    expect(fixture.executions.size).toBe(0);
    for (const uri of [
      'fixture://blob',
      'fixture://item/beta',
      'fixture://item/a/../beta',
      'fixture://%62lob',
    ])
      await expect(client.readResource({ uri })).rejects.toThrow(`Resource ${uri} not found`);
    await expect(client.subscribeResource({ uri: 'fixture://blob' })).rejects.toThrow('not found');
    await expect(client.getPrompt({ name: 'refuse' })).rejects.toThrow('Prompt refuse not found');
    const argument = { name: 'name', value: 'A' };
    const complete = (name: string): Promise<unknown> =>
      client.complete({ ref: { type: 'ref/prompt', name }, argument });
    expect(await complete('greeting')).toMatchObject({ completion: { values: ['Ada', 'Alan'] } });
    await expect(complete('refuse')).rejects.toThrow('Prompt refuse not found');
  });

  it('passes news of resources that are there, and cancellation', async () => {
    const client = await connect();
    const news = new Recorder<string>('news of a resource');
    client.fallbackNotificationHandler = async ({ params }) => news.add(String(params?.['uri']));
    await client.subscribeResource({ uri: 'fixture://text' });
    const { server } = fixture.newest.server;
    await server.sendResourceUpdated({ uri: 'fixture://blob' });
    await server.sendResourceUpdated({ uri: 'fixture://text' });
    await news.first();
    expect(news.items).toEqual(['fixture://text']);
    const controller = new AbortController();
    const call = client.callTool({ name: 'wait', arguments: { name: 'f' } }, undefined, controller);
    call.catch(() => {}); // it is aborted
    const started = fixture.started.next((name) => name === 'f');
    const aborted = fixture.aborted.next((name) => name === 'f');
    await started;
    controller.abort();
    expect(await aborted).toBe('f');
  });
});

it.each(['2025-11-25', '2026-07-28'])('a filter on serve goes for both eras: %s', async (version) => {
  const mode = version === '2025-11-25' ? 'legacy' : { pin: version };
  const client = new Client2({ name: 'c', version: '2' }, { versionNegotiation: { mode } });
  await client.connect(transportTo(addresses.dual));
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'wait']);
  expect(await client.callTool({ name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
    content: [{ text: 'hi' }],
  });
  await expect(client.callTool({ name: 'place', arguments: {} })).rejects.toMatchObject({
    code: -32_602,
    message: expect.stringContaining('Tool place not found'),
  });
  expect(client.getNegotiatedProtocolVersion()).toBe(version);
});
