/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { Client } from '@modelcontextprotocol/client';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { sharedGateway } from '../helpers/gateway.ts';
import { webHandler } from '../helpers/http-servers.ts';
import { Recorder } from '../helpers/recorder.ts';

const gateway = sharedGateway(['--caller-header', 'X-Caller']);
const { front } = gateway;

const started = new Recorder<string>('a call of wait');
const aborted = new Recorder<string>('an aborted call of wait');
let handler: ReturnType<typeof createMcpHandler>;

beforeEach(() => {
  handler = createMcpHandler(() => newServer());
  front.handler = webHandler((request, options) => handler.fetch(request, options));
});

/** With what a server of SDK 2.x offers to both eras. */
function newServer(): McpServer {
  const server = new McpServer(
    { name: 'two', version: '2' },
    { capabilities: { tools: { listChanged: true } } },
  );
  const mirrored = {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      deep: { type: 'object', properties: { flag: { type: 'boolean', 'x-mcp-header': 'Flag' } } },
      plain: { type: 'string' },
    },
  } as const;
  server.registerTool('mirrored', { inputSchema: fromJsonSchema(mirrored) }, (given) =>
    text(JSON.stringify(given)),
  );
  server.registerTool('progress', {}, async (context) => {
    for (let progress = 1; progress <= 3; progress++)
      await context.mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: context.mcpReq._meta?.progressToken ?? '', progress },
      });
    return text('done');
  });
  server.registerTool('wait', {}, async (context) => {
    const left = new Promise((resolve) => context.mcpReq.signal.addEventListener('abort', resolve));
    started.add('wait');
    await left;
    aborted.add('wait');
    return text('too late');
  });
  return server;
}

function text(value: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text: value }] };
}

async function connect(mode: 'legacy' | 'auto' | { pin: string }, secretKey?: Uint8Array): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(gateway.transport(secretKey));
  onTestFinished(() => client.close());
  return client;
}

describe.each([
  { mode: 'legacy' as const, version: '2025-11-25' },
  { mode: 'auto' as const, version: '2026-07-28' },
  { mode: { pin: '2026-07-28' }, version: '2026-07-28' },
])('a server of SDK 2.x over HTTP, and a client of $version ($mode)', ({ mode, version }) => {
  it('are the same over Nostr', async () => {
    const secretKey = generateSecretKey();
    const client = await connect(mode, secretKey);
    expect(client.getNegotiatedProtocolVersion()).toBe(version);
    expect(client.getServerVersion()).toMatchObject({ name: 'two' });
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
    expect(await client.callTool({ name: 'progress' }, { onprogress })).toMatchObject(text('done'));
    expect(seen).toEqual([1, 2, 3].slice(0, seen.length));
    expect(seen.length).toBeGreaterThanOrEqual(2);
    const { headers } = front.asked('tools/call')[0] ?? {};
    expect(headers).toMatchObject({ 'x-caller': getPublicKey(secretKey), 'mcp-protocol-version': version });
    await expect(client.callTool({ name: 'unknown' })).rejects.toMatchObject({ code: -32_602 });
  });
});

describe('a server of MCP 2026-07-28 over HTTP', () => {
  it('gets the arguments that it wants in headers, though nobody has listed its tools', async () => {
    const client = await connect('auto');
    const args = { region: 'Zürich', deep: { flag: false }, plain: 'x' };
    const result = await client.callTool({ name: 'mirrored', arguments: args });
    expect(result).toMatchObject(text(JSON.stringify(args)));
    const { headers = {} } = front.asked('tools/call')[0] ?? {};
    expect(headers).toMatchObject({
      'mcp-method': 'tools/call',
      'mcp-name': 'mirrored',
      'mcp-param-region': `=?base64?${Buffer.from('Zürich').toString('base64')}?=`,
      'mcp-param-flag': 'false',
    });
    await client.callTool({ name: 'mirrored', arguments: { region: 'Bern' } });
    expect(front.asked('tools/call')[1]?.headers['mcp-param-region']).toBe('Bern');
    expect(front.asked('tools/list')).toHaveLength(1);
  });

  it('sees a cancelled call as a closed stream', async () => {
    const client = await connect('auto');
    const controller = new AbortController();
    const call = client.callTool({ name: 'wait' }, { signal: controller.signal });
    await started.first();
    controller.abort('enough');
    await expect(call).rejects.toThrow('enough');
    await aborted.first();
    expect(front.asked('notifications/cancelled')).toEqual([]);
  });

  it('tells those who listen that its tools have changed, until they leave', async () => {
    const client = await connect('auto');
    const changes = new Recorder<string>('a change');
    client.setNotificationHandler('notifications/tools/list_changed', () => changes.add('changed'));
    const subscription = await client.listen({ toolsListChanged: true });
    handler.notify.toolsChanged();
    expect(await changes.first()).toBe('changed');
    await subscription.close();
    await front.aborts.first(({ body }) => body?.method === 'subscriptions/listen');
  });

  it('is answered for while it is not there, and serves on afterwards', async () => {
    const client = await connect('auto');
    await front.close();
    await expect(client.callTool({ name: 'progress' })).rejects.toMatchObject({
      code: -31_007,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(connect('auto')).rejects.toThrow(/ECONNREFUSED/);
    await front.open();
    expect(await client.callTool({ name: 'progress' })).toMatchObject(text('done'));
  });
});
