/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import type { McpServerLike } from '@mcp-nostr/server';
import { Client, type ClientOptions, type ConnectOptions } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { expect } from 'vitest';

import { legacySpec, modernSpec } from '../citations.ts';
import { envelope, type Line, Tap } from '../client/tap.ts';
import { newKey, type Offer } from '../ground.ts';
import type { Requirement } from '../requirement.ts';
import { clientInfo } from '../server/identity.ts';
import { Service } from '../server/service.ts';
import { offerV1 } from '../server/v1.ts';
import { offerV2 } from '../server/v2.ts';
import { type Bare, endOf } from '../stage.ts';
import { relayWays } from '../ways.ts';

const matrix = [modernSpec('basic/versioning#compatibility-matrix')];
const REVISIONS = { modern: '2026-07-28', legacy: '2025-11-25' };

const oldServer = () => offerV1(new Service());
const bothEras = () => offerV2(new Service());
const newServer = () => offerV2(new Service(), 'reject');

type Mode = NonNullable<NonNullable<ClientOptions['versionNegotiation']>['mode']>;

async function lineTo<Mcp extends McpServerLike>(bare: Bare, offer: Offer<Mcp>): Promise<Line> {
  const host = await bare.ground.serve(offer);
  const line = host.open(await newKey());
  bare.onleave(async () => {
    await line.close();
    await host.close();
  });
  return line;
}

/** A client of the second SDK, and what it has sent. */
async function connect<Mcp extends McpServerLike>(
  bare: Bare,
  offer: Offer<Mcp>,
  mode: Mode,
  options: ClientOptions & ConnectOptions = {},
): Promise<{ client: Client; sent: string[] }> {
  const { prior, ...rest } = options;
  const line = await lineTo(bare, offer);
  const tap = new Tap(line, 'modern', bare.ground.onsend);
  const client = new Client(clientInfo, { versionNegotiation: { mode }, ...rest });
  await client.connect(line, prior === undefined ? {} : { prior });
  return { client, sent: tap.sent.items.map((message) => ('method' in message ? message.method : '')) };
}

export const eras: readonly Requirement[] = [
  {
    id: 'dual-client-old-server',
    item: 'lifecycle.matrix',
    text: 'a client of both eras asks an old server first, and falls back to initialize',
    era: 'modern',
    cites: [
      ...matrix,
      modernSpec('basic/versioning#backward-compatibility-with-initialization-based-versions'),
    ],
    runBare: async (bare) => {
      const { client, sent } = await connect(bare, oldServer(), 'auto');
      expect(client.getNegotiatedProtocolVersion()).toBe(REVISIONS.legacy);
      expect(sent).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
      expect(await client.ping()).toEqual({});
    },
  },
  {
    id: 'dual-client-new-server',
    item: 'lifecycle.matrix',
    text: 'a client of both eras stays in the new one with a server that has it, alone or beside the old one',
    era: 'modern',
    cites: matrix,
    runBare: async (bare) => {
      for (const offer of [bothEras(), newServer()]) {
        const { client, sent } = await connect(bare, offer, 'auto');
        expect(client.getNegotiatedProtocolVersion()).toBe(REVISIONS.modern);
        expect(sent).toEqual(['server/discover']);
        expect(await client.listTools()).toHaveProperty('tools');
      }
    },
  },
  {
    id: 'new-client-old-server',
    item: 'lifecycle.matrix',
    text: 'a client of the new era alone fails at an old server, by the word of that server',
    era: 'modern',
    cites: matrix,
    runBare: async (bare) => {
      const connecting = connect(bare, oldServer(), { pin: REVISIONS.modern });
      await expect(connecting).rejects.toThrow(/2026-07-28|version/i);
    },
  },
  {
    id: 'old-client-new-server',
    item: 'lifecycle.matrix',
    text: 'an old client fails at a server of the new era alone, with an error that names the versions',
    era: 'both',
    cites: [...matrix, legacySpec('basic/lifecycle#version-negotiation')],
    runBare: async (bare) => {
      const old = new ClientV1(clientInfo);
      const connecting = old.connect(await lineTo(bare, newServer()));
      await expect(connecting).rejects.toMatchObject({ data: { supported: [REVISIONS.modern] } });
      await expect(connect(bare, newServer(), 'legacy')).rejects.toMatchObject({
        data: { supported: [REVISIONS.modern] },
      });
    },
  },
  {
    id: 'old-client-dual-server',
    item: 'lifecycle.matrix',
    text: 'an old client is served by a server of both eras, while others speak the new one to it',
    era: 'both',
    cites: [...matrix, legacySpec('basic/lifecycle#version-negotiation')],
    runBare: async (bare) => {
      const host = await bare.ground.serve(bothEras());
      const [one, two] = [host.open(await newKey()), host.open(await newKey())];
      bare.onleave(async () => {
        await Promise.all([one.close(), two.close()]);
        await host.close();
      });
      const [old, modern] = [
        new ClientV1(clientInfo),
        new Client(clientInfo, { versionNegotiation: { mode: 'auto' } }),
      ];
      await Promise.all([old.connect(one), modern.connect(two)]);
      expect(await old.ping()).toEqual({});
      expect(modern.getNegotiatedProtocolVersion()).toBe(REVISIONS.modern);
      expect((await modern.listTools()).tools).toHaveLength((await old.listTools()).tools.length);
    },
  },
  {
    id: 'corrective-retry',
    item: 'lifecycle.matrix',
    text: 'a client whose version is too new tries again with one that the server names',
    era: 'modern',
    cites: [modernSpec('basic/versioning#protocol-version-negotiation')],
    runBare: async (bare) => {
      const supportedProtocolVersions = ['2099-01-01', REVISIONS.modern];
      const { client, sent } = await connect(bare, bothEras(), 'auto', { supportedProtocolVersions });
      expect(client.getNegotiatedProtocolVersion()).toBe(REVISIONS.modern);
      expect(sent).toEqual(['server/discover', 'server/discover']);
    },
  },
  {
    id: 'prior-verdicts',
    item: 'lifecycle.matrix',
    text: 'a client that knows its server asks nothing: with what it discovered before, or that it is an old one',
    era: 'modern',
    cites: [modernSpec('server/discover'), modernSpec('basic/versioning')],
    runBare: async (bare) => {
      const { client } = await connect(bare, bothEras(), 'auto');
      const discover = client.getDiscoverResult();
      if (discover === undefined) throw new Error('nothing was discovered');
      const known = await connect(bare, bothEras(), 'auto', { prior: { kind: 'modern', discover } });
      expect(known.sent).toEqual([]);
      expect(await known.client.listTools()).toHaveProperty('tools');
      const old = await connect(bare, oldServer(), 'auto', { prior: { kind: 'legacy' } });
      expect(old.sent).toEqual(['initialize', 'notifications/initialized']);
      expect(await old.client.ping()).toEqual({});
    },
  },
  {
    id: 'probe-at-outage',
    item: 'lifecycle.matrix',
    text: 'an outage at the probe is an error and no verdict: the client is not taken for one of an old server',
    era: 'modern',
    cites: [modernSpec('basic/versioning#backward-compatibility-with-initialization-based-versions')],
    provenBy: [
      {
        file: 'test/e2e/probes.test.ts',
        test: 'of a server that is not there rejects, and when it is there finds its era: %s',
      },
      { file: 'test/e2e/probes.test.ts', test: 'waits for relays that come back while it is under way' },
    ],
  },
  {
    id: 'every-cell',
    item: 'lifecycle.matrix',
    text: 'every cell of the matrix, with the error that a user reads where it must fail',
    era: 'both',
    cites: [...matrix, legacySpec('basic/lifecycle#version-negotiation')],
    provenBy: [{ file: 'test/e2e/version-matrix.test.ts', test: '%s and %s: %s' }],
  },
  {
    id: 'modern-refused-by-old',
    item: 'lifecycle.refusals',
    text: 'a request of the new era to an old server is refused with -32022 and the versions that it has',
    era: 'both',
    cites: [modernSpec('basic/versioning#protocol-version-negotiation'), legacySpec('basic/lifecycle')],
    // The first SDK itself, in memory, answers as if a session had begun.
    ways: [...relayWays],
    runBare: async (bare) => {
      const line = await lineTo(bare, oldServer());
      const end = endOf(line, bare.ground.onsend);
      await line.start();
      await end.send({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: envelope } });
      expect(await end.received.first()).toMatchObject({
        id: 1,
        error: {
          code: -32_022,
          data: { supported: expect.arrayContaining([REVISIONS.legacy]), requested: REVISIONS.modern },
        },
      });
    },
  },
  {
    id: 'unopened-session',
    item: 'lifecycle.refusals',
    text: 'a request of the old era before any initialize is refused, and initialize is taken after it',
    era: 'both',
    cites: [legacySpec('basic/lifecycle#initialization'), modernSpec('basic#meta')],
    ways: [...relayWays],
    runBare: async (bare) => {
      for (const line of [await lineTo(bare, oldServer()), await lineTo(bare, bothEras())]) {
        const end = endOf(line, bare.ground.onsend);
        await line.start();
        await end.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
        expect(await end.received.first()).toMatchObject({ id: 1, error: { code: -32_602 } });
        const params = { protocolVersion: REVISIONS.legacy, capabilities: {}, clientInfo };
        const opened = end.received.next();
        await end.send({ jsonrpc: '2.0', id: 2, method: 'initialize', params });
        expect(await opened).toMatchObject({ id: 2, result: { protocolVersion: REVISIONS.legacy } });
      }
    },
  },
  {
    id: 'unknown-version',
    item: 'lifecycle.refusals',
    text: 'a request of a version that nobody knows is refused with -32022 and the versions that are',
    era: 'modern',
    cites: [modernSpec('basic/versioning#protocol-version-negotiation')],
    runBare: async (bare) => {
      const line = await lineTo(bare, bothEras());
      const end = endOf(line, bare.ground.onsend);
      await line.start();
      const _meta = { ...envelope, 'io.modelcontextprotocol/protocolVersion': '1900-01-01' };
      await end.send({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } });
      expect(await end.received.first()).toMatchObject({
        id: 1,
        error: { code: -32_022, data: { supported: [REVISIONS.modern], requested: '1900-01-01' } },
      });
    },
  },
  {
    id: 'late-initialize',
    item: 'lifecycle.refusals',
    text: 'initialize on a connection of the new era is refused with the versions, and the connection goes on',
    era: 'modern',
    cites: [modernSpec('basic/versioning#backward-compatibility-with-initialization-based-versions')],
    run: async ({ main }) => {
      await main.callTool('echo', { text: 'settled' });
      const params = { protocolVersion: REVISIONS.legacy, capabilities: {}, clientInfo };
      const answer = main.tap.response('late');
      await main.tap.send({ jsonrpc: '2.0', id: 'late', method: 'initialize', params });
      expect(await answer).toMatchObject({
        error: { code: -32_022, data: { supported: [REVISIONS.modern] } },
      });
      expect(await main.callTool('echo', { text: 'goes on' })).toMatchObject({
        content: [{ text: 'goes on' }],
      });
    },
  },
  {
    id: 'second-initialize',
    item: 'lifecycle.refusals',
    text: 'a second initialize on a connection of the old era is answered, and the session goes on',
    era: 'legacy',
    cites: [legacySpec('basic/lifecycle#initialization')],
    run: async (stage) => {
      const party = await stage.connect();
      const params = { protocolVersion: REVISIONS.legacy, capabilities: {}, clientInfo };
      expect(await party.tap.request('second', 'initialize', params)).toMatchObject({
        result: { protocolVersion: REVISIONS.legacy },
      });
      expect(await party.callTool('echo', { text: 'goes on' })).toMatchObject({
        content: [{ text: 'goes on' }],
      });
    },
  },
  {
    id: 'unknown-connection',
    item: 'lifecycle.refusals',
    text: 'what is said on a connection that was never opened is not executed',
    era: 'both',
    cites: [legacySpec('basic/lifecycle#initialization'), modernSpec('basic#statelessness')],
    provenBy: [
      {
        file: 'test/e2e/hostile-strangers.test.ts',
        test: 'executes nothing on a connection that was never opened',
      },
      {
        file: 'test/e2e/hostile-strangers.test.ts',
        test: 'executes nothing that an opening carries but what does no harm',
      },
    ],
  },
];
