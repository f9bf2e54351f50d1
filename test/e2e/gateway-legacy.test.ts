import { setTimeout as sleep } from 'node:timers/promises';

import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';
import { Client as ClientTwo } from '@modelcontextprotocol/client';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { Fixture } from '../helpers/fixture-server.ts';
import { sharedGateway } from '../helpers/gateway.ts';
import { SdkOneServers } from '../helpers/http-servers.ts';
import { Recorder } from '../helpers/recorder.ts';

const secret = 'Bearer the secret that nobody may see';
const gateway = sharedGateway(['--header', 'Authorization: ${GATEWAY_SECRET}'], { GATEWAY_SECRET: secret });
const { front } = gateway;
let fixture: Fixture;

beforeEach(() => {
  fixture = new Fixture();
});

const caller = { pubkey: '', npub: '', connectionId: '' };

function serveSdkOne(options: ConstructorParameters<typeof SdkOneServers>[1] = {}): SdkOneServers {
  const servers = new SdkOneServers(() => fixture.create(caller), options);
  front.handler = servers.handler;
  return servers;
}

const echo = (client: Client, text: string): Promise<unknown> =>
  client.callTool({ name: 'echo', arguments: { text } });
const echoed = (text: string): object => ({ content: [{ type: 'text', text }] });

describe.each([
  { name: 'stateful', options: {} },
  { name: 'stateless', options: { isStateless: true } },
  { name: 'JSON responses', options: { enableJsonResponse: true } },
])('a server of SDK 1.x over HTTP ($name)', ({ options }) => {
  it('is the same over Nostr, and is told who calls', async () => {
    serveSdkOne(options);
    const secretKey = generateSecretKey();
    const client = await gateway.connect(undefined, secretKey);
    expect(client.getServerVersion()).toMatchObject({ name: 'fixture', title: 'Fixture Å' });
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo');
    expect(await echo(client, 'grüße 🌍\n')).toEqual(echoed('grüße 🌍\n'));
    await expect(client.getPrompt({ name: 'refuse' })).rejects.toMatchObject({
      code: -32_050,
      data: { reason: 'on purpose', list: [1, null, { deep: 'ü' }] },
    });
    const { headers } = front.asked('tools/call')[0] ?? {};
    expect(headers).toMatchObject({
      'x-mcp-nostr-caller': getPublicKey(secretKey),
      authorization: secret,
      'mcp-protocol-version': '2025-11-25',
    });
    expect(gateway.output).not.toContain(secret);
  });
});

describe('a server of SDK 1.x over HTTP and a client of SDK 2.x', () => {
  it('find their common version', async () => {
    serveSdkOne();
    const client = new ClientTwo({ name: 'two', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(gateway.transport());
    onTestFinished(() => client.close());
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect(await client.callTool({ name: 'echo', arguments: { text: 'x' } })).toMatchObject(echoed('x'));
  });

  it('find none where the client insists on a newer one', async () => {
    serveSdkOne();
    const mode = { pin: '2026-07-28' };
    const client = new ClientTwo({ name: 'two', version: '1' }, { versionNegotiation: { mode } });
    await expect(client.connect(gateway.transport())).rejects.toThrow(/2026-07-28/);
  });
});

describe('a session of a server over HTTP', () => {
  it('carries progress in order and none after the answer, sampling, elicitation and logging', async () => {
    serveSdkOne();
    const logged = new Recorder<unknown>('a log message');
    const client = await gateway.connect((each) => {
      each.setRequestHandler(CreateMessageRequestSchema, () => ({
        model: 'm',
        role: 'assistant',
        content: { type: 'text', text: 'sampled' },
      }));
      each.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
      each.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => logged.add(params.data));
    });
    const errors = new Recorder<Error>('an error');
    client.onerror = errors.add;
    const seen: number[] = [];
    await client.callTool({ name: 'progress', arguments: { steps: 4, late: true } }, CallToolResultSchema, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    expect(await client.callTool({ name: 'ask-model', arguments: { prompt: 'p' } })).toMatchObject(
      echoed('{"type":"text","text":"sampled"}'),
    );
    expect(await client.callTool({ name: 'ask-user', arguments: { question: 'q' } })).toMatchObject(
      echoed('{"action":"accept","content":{"name":"Ada"}}'),
    );
    await client.setLoggingLevel('warning');
    await client.callTool({ name: 'log', arguments: { text: 'l' } });
    await logged.reached(1);
    expect(logged.items).toEqual([{ text: 'l' }]);
    expect(seen.length).toBeGreaterThanOrEqual(3); // The SDK loses the one that it reads together with the answer.
    expect(seen).toEqual([1, 2, 3, 4].slice(0, seen.length));
    expect(errors.items).toEqual([]);
  });

  it('has its calls cancelled at the server', async () => {
    serveSdkOne();
    const client = await gateway.connect();
    const controller = new AbortController();
    const call = client.callTool({ name: 'wait', arguments: { name: 'w' } }, CallToolResultSchema, {
      signal: controller.signal,
    });
    await fixture.started.first();
    controller.abort('enough');
    await expect(call).rejects.toThrow('enough');
    expect(await fixture.aborted.first()).toBe('w');
    await front.aborts.first(({ body }) => body?.method === 'tools/call');
    expect(await echo(client, 'still there')).toEqual(echoed('still there'));
  });

  it('is ended at the server when the connection ends', async () => {
    const { sessions } = serveSdkOne();
    const client = await gateway.connect();
    expect(sessions.size).toBe(1);
    await client.close();
    await front.requests.first(({ method }) => method === 'DELETE');
    await expect.poll(() => sessions.size).toBe(0);
  });

  it('has its stream before the first request that may make the server speak', async () => {
    const { handler } = serveSdkOne();
    const order: unknown[] = [];
    front.handler = async (request, response, body) => {
      // A call that did not wait would come meanwhile.
      if (request.method === 'GET') await sleep(100);
      order.push(request.method === 'GET' ? 'stream' : (body as { method?: string } | undefined)?.method);
      return handler(request, response, body);
    };
    const client = await gateway.connect();
    await echo(client, 'first');
    // The gateway asks by itself at its start whether anybody is there.
    const asked = order.filter((what) => what !== 'server/discover');
    expect(asked).toEqual(['initialize', 'notifications/initialized', 'stream', 'tools/call']);
  });

  it.each([404, 400] as const)(
    'is begun anew when the server has forgotten it (%i), and the refused call is made once',
    async (unknownSessionStatus) => {
      const servers = serveSdkOne({ unknownSessionStatus });
      const updates = new Recorder<string>('an update');
      const client = await gateway.connect((each) => {
        each.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
          updates.add(params.uri),
        );
      });
      await client.subscribeResource({ uri: 'fixture://text' });
      await servers.forget();
      const counted = await client.callTool({ name: 'count', arguments: { key: 'k' } });
      expect(counted).toMatchObject(echoed('1'));
      expect([...fixture.executions.values()]).toEqual([1]);
      // Its subscription and the stream of its own messages are there again.
      expect([...fixture.newest.subscriptions]).toEqual(['fixture://text']);
      const { server } = fixture.newest.server;
      // Sent again, because nothing says when the server has given the stream.
      await expect
        .poll(() => server.sendResourceUpdated({ uri: 'fixture://text' }).then(() => updates.items))
        .toContain('fixture://text');
    },
  );

  it('outlives an outage: what cannot be delivered fails, and the rest of the session goes on', async () => {
    serveSdkOne();
    const client = await gateway.connect();
    const call = client.callTool({ name: 'wait', arguments: { name: 'w' } });
    await fixture.started.first();
    await front.close();
    await expect(call).rejects.toMatchObject({
      code: -31_007,
      message: expect.stringMatching(/executed or not/),
    });
    const failure = await echo(client, 'x').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: -31_007,
      message: expect.stringMatching(/ECONNREFUSED.*nothing was/),
    });
    expect(String(failure)).not.toContain('127.0.0.1');
    await front.open();
    expect(await echo(client, 'back')).toEqual(echoed('back'));
  });
});
