import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { expect } from 'vitest';

import { bothSpecs, legacySpec, modernSpec, nip } from '../citations.ts';
import { textOf } from '../client/party.ts';
import { newKey } from '../ground.ts';
import type { Requirement } from '../requirement.ts';
import type { Params } from '../server/context.ts';
import { clientInfo } from '../server/identity.ts';
import { Service } from '../server/service.ts';
import { offerV2 } from '../server/v2.ts';

const shutdown = [legacySpec('basic/lifecycle#shutdown'), modernSpec('basic/transports/stdio')];

export const lifecycle: readonly Requirement[] = [
  {
    id: 'client-closes',
    item: 'lifecycle.close',
    text: 'a client that closes, twice, has its calls rejected and is told once; its server is freed',
    era: 'both',
    cites: shutdown,
    run: async (stage) => {
      const party = await stage.connect();
      const name = stage.name('gone');
      const failure = party.callTool('wait', { name }).catch((error: unknown) => error);
      await stage.service.started.first((each) => each === name);
      await Promise.all([party.close(), party.line.close(), party.close()]);
      expect(String(await failure)).toMatch(/closed/i);
      await party.line.close();
      expect(party.closes.count).toBe(1);
      await stage.serverOf(party).closes.first();
      await stage.service.aborted.first((each) => each === name);
      expect(stage.serverOf(party).closes.count).toBe(1);
    },
  },
  {
    id: 'server-closes',
    item: 'lifecycle.close',
    text: 'a server that closes, twice, leaves no call without an end',
    era: 'both',
    cites: shutdown,
    run: async (stage) => {
      const service = new Service();
      const host = await stage.serve(service);
      const party = await stage.connect({ host });
      const name = stage.name('left');
      const failure = party.callTool('wait', { name }).catch((error: unknown) => error);
      await service.started.first((each) => each === name);
      await Promise.all([host.close(), host.close()]);
      expect(await failure).toBeInstanceOf(Error);
      expect(service.opened.items.map(({ closes }) => closes.count)).toEqual(
        service.opened.items.map(() => 1),
      );
    },
  },
  {
    id: 'close-while-connecting',
    item: 'lifecycle.close',
    text: 'a transport that is closed while its client connects fails the connection, and is not opened again',
    era: 'both',
    cites: shutdown,
    run: async (stage) => {
      const key = await newKey();
      const line = stage.host.open(key);
      const connecting = stage.connect({ key, line });
      await line.close();
      await expect(connecting).rejects.toThrow();
      await expect(
        Promise.resolve(line.send({ jsonrpc: '2.0', method: 'notifications/x' })),
      ).rejects.toThrow();
    },
  },
  {
    id: 'close-while-sending',
    item: 'lifecycle.close',
    text: 'a close in the tick of a call leaves the call rejected, and nothing is executed twice',
    era: 'both',
    cites: shutdown,
    run: async (stage) => {
      const party = await stage.connect();
      const key = stage.name('while sending');
      const failure = party.callTool('count', { key }).catch((error: unknown) => error);
      await party.close();
      expect(await failure).toSatisfy(
        (end: unknown) => end instanceof Error || textOf(end as Params) === '1',
      );
      expect(stage.service.executions.get(key) ?? 0).toBeLessThanOrEqual(1);
      expect(party.closes.count).toBe(1);
    },
  },
  {
    id: 'server-restarts',
    item: 'lifecycle.restart',
    text: 'a server that is killed and started again is not noticed by who waits for nothing; calls fail once',
    era: 'both',
    cites: [legacySpec('basic/transports#session-management'), modernSpec('basic/transports/stdio')],
    provenBy: [
      { file: 'test/e2e/restarts.test.ts', test: 'is not noticed by an idle client, whose session it has' },
      {
        file: 'test/e2e/restarts.test.ts',
        test: 'answers what does no harm and was under way; a tool call fails once and is not executed again',
      },
      {
        file: 'test/e2e/restarts.test.ts',
        test: 'that is subscribed and had to make room for others does not notice it',
      },
      {
        file: 'test/e2e/delivery.test.ts',
        test: 'executes nothing of what was said to the process before it',
      },
    ],
  },
  {
    id: 'client-restarts',
    item: 'lifecycle.restart',
    text: 'a client that was killed is there again at once with the same key',
    era: 'both',
    cites: [legacySpec('basic/lifecycle#initialization'), modernSpec('basic#statelessness')],
    provenBy: [
      {
        file: 'test/e2e/restarts.test.ts',
        test: 'that was killed is there again at once, with the same key',
      },
      { file: 'test/e2e/lifecycle.test.ts', test: 'connects again at once with the same key' },
    ],
  },
  {
    id: 'clocks',
    item: 'lifecycle.restart',
    text: 'clocks may differ by minutes at either side',
    era: 'both',
    cites: [nip('01')],
    provenBy: [
      { file: 'test/e2e/clock.test.ts', test: 'connects a client whose clock is off by %i minutes' },
      { file: 'test/e2e/clock.test.ts', test: 'serves clients although its own clock is off by %i minutes' },
    ],
  },
  {
    id: 'no-session-id',
    item: 'lifecycle.reconnect',
    text: 'a client has no sessionId before it connects, nor after, so that it does its handshake',
    era: 'both',
    cites: [legacySpec('basic/transports#session-management'), modernSpec('basic#statelessness')],
    run: async (stage) => {
      const key = await newKey();
      const line = stage.host.open(key);
      expect(line.sessionId).toBeUndefined();
      const party = await stage.connect({ key, line });
      expect(line.sessionId).toBeUndefined();
      expect(party.tap.sent.items[0]).toMatchObject({
        method: stage.era === 'legacy' ? 'initialize' : 'server/discover',
      });
    },
  },
  {
    id: 'connects-again',
    item: 'lifecycle.reconnect',
    text: 'a client of either SDK that was closed connects again with a new transport',
    era: 'both',
    cites: bothSpecs('basic/transports'),
    runBare: async (bare) => {
      const host = await bare.ground.serve(offerV2(new Service()));
      bare.onleave(() => host.close());
      const key = await newKey();
      const clients = [
        new ClientV1(clientInfo),
        new ClientV2(clientInfo),
        new ClientV2(clientInfo, { versionNegotiation: { mode: 'auto' } }),
      ];
      for (const client of clients) {
        for (const text of ['first', 'second']) {
          await client.connect(host.open(key));
          expect(await client.callTool({ name: 'echo', arguments: { text } })).toMatchObject({
            content: [{ text }],
          });
          await client.close();
        }
      }
    },
  },
];
