import { formatNpub } from '@mcp-nostr/core';
import type { Client } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it } from 'vitest';

import { ask, connect2, type Mode, modernMeta, rawClient } from '../helpers/eras.ts';
import { Fixture } from '../helpers/fixture-server.ts';
import { Fixture2 } from '../helpers/fixture-server-2.ts';
import { legs } from '../helpers/legs.ts';
import { Recorder } from '../helpers/recorder.ts';
import { newSigner, withWorld, World } from '../helpers/world.ts';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

function textOf({ content }: Awaited<ReturnType<Client['callTool']>>): string {
  const [first] = content;
  return first?.type === 'text' ? first.text : '';
}

describe.concurrent.each(legs.slice(0, 1))('a server of SDK 2.x, $name', (leg) => {
  it.each<[how: string, mode: Mode, era: string | undefined]>([
    ['modern', 'auto', 'modern'],
    ['legacy', 'legacy', 'legacy'],
    ['legacy, without serveStdio', 'legacy', undefined],
  ])('is told who calls, and in which era: %s', (how, mode, era) =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, era === undefined ? {} : { serveStdio });
      const signer = newSigner();
      const { client } = await connect2(world, { server: server.address, signer, mode });
      const { caller } = fixture.newest;
      const pubkey = await signer.getPublicKey();
      const npub = formatNpub(pubkey);
      expect(caller).toMatchObject({ pubkey, npub });
      expect(caller.era).toBe(era);
      const { connectionId } = caller;
      expect(JSON.parse(textOf(await client.callTool({ name: 'who' })))).toEqual({
        clientId: pubkey,
        more: { npub, connectionId },
        token: '',
        scopes: [],
        sessionId: connectionId,
      });
    }),
  );

  it('serves both eras to one key at once, each with ids that the other uses', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, { serveStdio });
      const options = { server: server.address, signer: newSigner() };
      const modern = await connect2(world, options);
      const legacy = await connect2(world, { ...options, mode: 'legacy' });
      const old = await world.connect(options);
      const answers = await Promise.all(
        [modern, legacy, old].map(({ client }, index) =>
          client.callTool({ name: 'echo', arguments: { text: `${index}` } }),
        ),
      );
      expect(answers).toMatchObject([0, 1, 2].map((index) => ({ content: [{ text: `${index}` }] })));
      expect(fixture.opened.items.map(({ caller }) => caller.era)).toEqual(['modern', 'legacy', 'legacy']);
      expect(server.connections).toBe(3);
      expect(server.servers).toHaveLength(3);
    }));

  it('whose server for a probe is not needed has it closed', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, { serveStdio });
      const raw = await rawClient(world, { server: server.address });
      expect(await ask(raw, 'probe', 'server/discover')).toMatchObject({ result: {} });
      const [probed] = fixture.opened.items;
      await raw.request(0, 'initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'raw', version: '0' },
      });
      await probed?.closes.first();
      expect(fixture.opened.items.map(({ caller }) => caller.era)).toEqual(['modern', 'legacy']);
      expect(server.servers).toEqual([fixture.newest.server]);
    }));

  it('logs to whom asks for it, from the level on that the request names', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve(new Fixture2().create, { serveStdio });
      const raw = await rawClient(world, { server: server.address });
      const log = { name: 'log', arguments: { text: 'x' } };
      await ask(raw, 1, 'tools/call', log);
      await raw.request(2, 'tools/call', { ...log, _meta: { ...modernMeta, [LOG_LEVEL]: 'warning' } });
      await raw.request(3, 'tools/call', { ...log, _meta: { ...modernMeta, [LOG_LEVEL]: 'debug' } });
      const seen = raw.received.items.map((message) =>
        'method' in message ? message.params?.['level'] : message.id,
      );
      expect(seen).toEqual([1, 'warning', 2, 'debug', 'warning', 3]);
    }));

  it('reports progress, is cancelled, and takes an argument that HTTP would mirror in a header', () =>
    withWorld(new World(leg), async (world) => {
      const fixture = new Fixture2();
      const { server } = await world.serve(fixture.create, { serveStdio });
      const { client, errors } = await connect2(world, { server: server.address });
      const steps = new Recorder<number>('progress');
      const onprogress = ({ progress }: { progress: number }): void => steps.add(progress);
      await client.callTool({ name: 'progress', arguments: { steps: 3 } }, { onprogress });
      expect(steps.items).toEqual([1, 2, 3]);

      const { tools } = await client.listTools();
      const regional = tools.find(({ name }) => name === 'regional');
      expect(regional?.inputSchema.properties?.['region']).toMatchObject({ 'x-mcp-header': 'Region' });
      const called = client.callTool({ name: 'regional', arguments: { region: 'Ålesund' } });
      expect(textOf(await called)).toBe('in Ålesund');

      const abort = new AbortController();
      const call = client.callTool({ name: 'wait', arguments: { name: 'long' } }, { signal: abort.signal });
      await fixture.started.first();
      abort.abort(new Error('enough'));
      await expect(call).rejects.toThrow('enough');
      expect(await fixture.aborted.first()).toBe('long');
      expect(errors.items).toEqual([]);
    }));

  it('that cannot be made is said so to its client, and to its operator', () =>
    withWorld(new World(leg), async (world) => {
      const { server, errors } = await world.serve(
        (): never => {
          throw new Error('no licence');
        },
        { serveStdio },
      );
      const raw = await rawClient(world, { server: server.address });
      expect(await ask(raw, 1, 'tools/list')).toMatchObject({
        error: {
          message: 'the MCP server could not be started: no licence',
          data: { code: 'server_failed' },
        },
      });
      expect(errors.items.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^no MCP server for npub1.*: no licence$/),
      ]);
    }));
});

describe.concurrent.each(legs.slice(0, 1))('a server of the old era, $name', (leg) => {
  it('names the versions that it was given, and none that it cannot serve', () =>
    withWorld(new World(leg), async (world) => {
      const supportedProtocolVersions = ['2026-07-28', '2025-06-18', '2025-03-26'];
      const { server } = await world.serve(
        () => new McpServer({ name: 'old', version: '1' }, { supportedProtocolVersions }),
      );
      const raw = await rawClient(world, { server: server.address });
      const supported = ['2025-06-18', '2025-03-26'];
      expect(await ask(raw, 1, 'server/discover')).toMatchObject({ error: { data: { supported } } });
    }));
});

describe.concurrent.each(legs.slice(0, 1))('a request before any session, $name', (leg) => {
  it.each([
    ['SDK 1.x', 'tools/call came before any session: send "initialize" first'],
    [
      'SDK 2.x',
      'tools/call came before any session: send "initialize" first, or params._meta["io.modelcontextprotocol/protocolVersion"] with each request',
    ],
  ])('does not reach a server of %s; a ping does', (sdk, message) =>
    withWorld(new World(leg), async (world) => {
      const [fixture, fixture2] = [new Fixture(), new Fixture2()];
      const { server } =
        sdk === 'SDK 1.x'
          ? await world.serve(fixture.create)
          : await world.serve(fixture2.create, { serveStdio });
      const raw = await rawClient(world, { server: server.address });
      expect(await raw.callTool(1, 'count', { key: 'too early' })).toMatchObject({
        error: { code: -32_602, message },
      });
      expect(await raw.request(2, 'ping')).toMatchObject({ result: {} });
      expect(await raw.callTool(3, 'count', { key: 'too early' })).toMatchObject({ error: { message } });
      expect([...fixture.executions, ...fixture2.executions]).toEqual([]);
      await raw.request(4, 'initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'raw', version: '0' },
      });
      expect(await raw.callTool(5, 'count', { key: 'now' })).toMatchObject({ result: {} });
    }),
  );

  it('reaches what decides by itself which versions it speaks', () =>
    withWorld(new World(leg), async (world) => {
      const { server } = await world.serve((caller) => {
        const mcp = new Fixture().create(caller);
        return {
          decidesVersion: true,
          connect: (transport) => mcp.connect(transport),
          close: () => mcp.close(),
        };
      });
      const raw = await rawClient(world, { server: server.address });
      expect(await raw.callTool(1, 'echo', { text: 'hi' })).toMatchObject({ result: {} });
      expect(await ask(raw, 2, 'server/discover')).toMatchObject({ error: { code: -32_601 } });
    }));
});
