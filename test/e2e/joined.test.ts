import { NostrClientTransport } from '@mcp-nostr/client';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { JoinedTransport } from '../../packages/cli/src/connect/joined/joined-transport.ts';
import { filtered } from '../../packages/cli/src/filter/filtered-transport.ts';
import { filterFrom } from '../../packages/cli/src/filter/filter-options.ts';
import { Glob } from '@mcp-nostr/core/filter';
import { startHttpListener } from '../../packages/cli/src/http-listener/http-listener.ts';
import { DualEraServer } from '../helpers/dual-era-server.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { oneRelayLegs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, type Served, World } from '../helpers/world.ts';

const [leg = { name: '', encryption: 'required', relayCount: 1 }] = oneRelayLegs;
const one = new Fixture();
const two = new Fixture();
const world = new World(leg, one.create);
let servers: Record<string, Served>;

beforeAll(async () => {
  await world.open();
  servers = {
    one: world.served,
    two: await world.serve(two.create),
    dual: await world.serve(new DualEraServer().create),
  };
});
afterEach(() => world.disconnect());
afterAll(() => world.close());

/** What `connect one=… two=… dual=…` makes, with as much patience as a slow machine needs. */
function join(names = Object.keys(servers), waitMs = 20_000): JoinedTransport {
  const signer = newSigner();
  const upstreams = names.map((prefix) => {
    const { address = '' } = servers[prefix]?.server ?? {};
    const { encryption } = leg;
    return { prefix, open: () => new NostrClientTransport({ server: address, encryption, signer }) };
  });
  const transport = new JoinedTransport({ upstreams, onlog: () => {}, waitMs });
  world.onclose(() => transport.close());
  return transport;
}

async function host(transport: JoinedTransport): Promise<Client> {
  const client = new Client({ name: 'host', version: '1' }, { capabilities: { sampling: {} } });
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
    model: 'm',
    role: 'assistant',
    content: { type: 'text', text: `heard ${JSON.stringify(params.messages[0]?.content)}` },
  }));
  await client.connect(transport);
  return client;
}

const echo = { content: [{ type: 'text', text: 'hi' }] };

describe('three servers in one host entry', () => {
  it('offer their tools, prompts and resources under names of their own', async () => {
    const client = await host(join());
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['one_echo', 'two_echo', 'two_ask-model', 'dual_echo']));
    expect(new Set(names).size).toBe(names.length);
    const called = ['one_echo', 'two_echo', 'dual_echo'].map((name) =>
      client.callTool({ name, arguments: { text: 'hi' } }),
    );
    expect(await Promise.all(called)).toMatchObject([echo, echo, echo]);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain('two+fixture://text');
    expect(await client.readResource({ uri: 'two+fixture://item/7' })).toEqual({
      contents: [{ uri: 'two+fixture://item/7', text: 'item 7' }],
    });
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('one+fixture://item/{id}');
    const completed = await client.complete({
      ref: { type: 'ref/resource', uri: 'one+fixture://item/{id}' },
      argument: { name: 'id', value: 'alp' },
    });
    expect(completed.completion.values).toEqual(['alpha', 'alphabet']);
    expect(await client.getPrompt({ name: 'two_greeting', arguments: { name: 'Ada' } })).toMatchObject({
      messages: [{ content: { text: 'Greet Ada' } }],
    });
  });

  it('ask the host, report progress and are cancelled each by itself', async () => {
    const client = await host(join());
    const asked = ['one', 'two'].map((name) =>
      client.callTool({ name: `${name}_ask-model`, arguments: { prompt: name } }),
    );
    const [first, second] = await Promise.all(asked);
    expect([JSON.stringify(first), JSON.stringify(second)]).toEqual([
      expect.stringMatching(/heard.*one/),
      expect.stringMatching(/heard.*two/),
    ]);
    const progress = new Recorder<number>('progress');
    await client.callTool({ name: 'two_progress', arguments: { steps: 3 } }, undefined, {
      onprogress: ({ progress: step }) => progress.add(step),
    });
    expect(progress.items).toEqual([1, 2, 3]);
    const controller = new AbortController();
    const call = client.callTool({ name: 'two_wait', arguments: { name: 'joined' } }, undefined, controller);
    call.catch(() => {}); // it is aborted
    await two.started.first((name) => name === 'joined');
    controller.abort();
    expect(await two.aborted.first((name) => name === 'joined')).toBe('joined');
    await client.subscribeResource({ uri: 'one+fixture://text' });
    expect([...one.newest.subscriptions]).toEqual(['fixture://text']);
  });

  it('can be filtered by the names that the host sees', async () => {
    const filter = filterFrom({ allowTool: [new Glob('two_*')], denyTool: [new Glob('*_fail')] });
    const transport = filtered(() => join(['one', 'two']), filter)();
    world.onclose(() => transport.close());
    const client = new Client({ name: 'host', version: '1' });
    await client.connect(transport);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('two_echo');
    expect(names.filter((name) => !name.startsWith('two_') || name === 'two_fail')).toEqual([]);
    await expect(client.callTool({ name: 'one_echo', arguments: { text: 'hi' } })).rejects.toThrow(
      'Tool one_echo not found',
    );
  });

  it('take clients that would speak a newer era with them', async () => {
    const client = new Client2({ name: 'host', version: '2' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(join());
    const called = await client.callTool({ name: 'dual_echo', arguments: { text: 'hi' } });
    expect(called).toMatchObject(echo);
    expect(client.getServerVersion()?.title).toBe('one, two, dual');
    await client.close();
  });

  it.each(['1.x', '2.x'])('work over HTTP, for a client of SDK %s', async (line) => {
    const listener = await startHttpListener({
      open: () => join(['one', 'dual']),
      port: 0,
      token: undefined,
      corsOrigins: [],
      onlog: () => {},
    });
    world.onclose(() => listener.close());
    const url = new URL(listener.url);
    const call = { name: 'dual_echo', arguments: { text: 'hi' } };
    if (line === '1.x') {
      const client = new Client({ name: 'host', version: '1' });
      await client.connect(new Http1(url));
      expect(await client.callTool(call)).toMatchObject(echo);
      await client.close();
    } else {
      const client = new Client2({ name: 'host', version: '2' }, { versionNegotiation: { mode: 'auto' } });
      await client.connect(new Http2(url));
      expect(await client.callTool(call)).toMatchObject(echo);
      await client.close();
    }
  });

  it('do without one that is gone, which says so when it is called', async () => {
    const fixture = new Fixture();
    servers['gone'] = await world.serve(fixture.create);
    const client = await host(join());
    const called = client.callTool({ name: 'gone_wait', arguments: { name: 'gone' } });
    const refused = called.catch((error: unknown) => String(error));
    await fixture.started.first();
    await servers['gone'].server.close();
    expect(await refused).toMatch(/MCP error -31003: gone: /);
    expect(await client.callTool({ name: 'one_echo', arguments: { text: 'hi' } })).toMatchObject(echo);
    const late = await host(join(undefined, 400));
    expect(late.getInstructions()).toContain('## gone\n\nIt was not reached');
    const echoes = async (): Promise<string[]> => {
      const { tools } = await late.listTools();
      return tools.map(({ name }) => name).filter((name) => name.endsWith('_echo'));
    };
    // On a busy machine the others may be late too.
    await expect.poll(echoes, { timeout: 10_000 }).toEqual(['one_echo', 'two_echo', 'dual_echo']);
  });
});
